import type { Device } from '@realer-device/node'
import type { Timeline } from './timeline.ts'

/** Puts a device's events on the time line. */
export function tellDevice(device: Device, timeline: Timeline): void {
  device.on('online', ({ after }) => timeline.tell('device', `online (after ${after})`, 'good'))
  device.on('offline', ({ because }) =>
    timeline.tell('device', `offline (${because})`, because === 'lost' ? 'bad' : 'plain'),
  )
  device.on('safe', ({ entered, reason }) =>
    timeline.tell(
      'device',
      entered ? `local safe behaviour begins (${reason})` : 'local safe behaviour ends',
      entered ? 'bad' : 'good',
    ),
  )
  device.on('report', ({ route, result, status, errorType, desiredId }) => {
    const subject = desiredId === null ? 'report' : 'command report'
    const because = errorType === null ? status : `${status}, ${errorType}`
    timeline.tell(
      'device',
      `${subject} on ${route} settled: ${result} (${because})`,
      result === 'done' ? 'good' : 'bad',
    )
  })
  device.on('command', ({ route, outcome }) =>
    timeline.tell('device', `command on ${route}: ${outcome}`, outcome === 'applied' ? 'good' : 'bad'),
  )
  device.on('diagnostic', ({ level, message, rule }) => {
    if (level !== 'info') timeline.tell('device', `${message} [${rule}]`, 'bad')
  })
  device.on('stopped', ({ revoked }) =>
    timeline.tell('device', revoked ? 'stopped, token revoked' : 'stopped', 'good'),
  )
}
