import type { Device, DeviceEventName, DeviceEvents } from '@realer-device/node'

interface Wait {
  readonly event: DeviceEventName
  readonly matches: (detail: never) => boolean
  readonly resolve: (detail: never) => void
}

/** What the demo counts while it looks on. */
export interface Counts {
  readonly settled: { done: number; failed: number; unconfirmed: number }
  readonly safe: { entered: number; left: number }
  renewals: number
  reconnects: number
}

/** Looks on at a device: counts, keeps every line for the scan for secrets, and waits for events. */
export interface Witness {
  readonly counts: Counts
  /** The device's traces and diagnostics as text. */
  transcript(): string
  /** Resolves with the next event of this name that matches; the day's own end bounds the wait. */
  sees<Name extends DeviceEventName>(
    event: Name,
    matches?: (detail: DeviceEvents[Name]) => boolean,
  ): Promise<DeviceEvents[Name]>
}

/** Begins to look on. */
export function watch(device: Device): Witness {
  const counts: Counts = {
    settled: { done: 0, failed: 0, unconfirmed: 0 },
    safe: { entered: 0, left: 0 },
    renewals: 0,
    reconnects: 0,
  }
  const transcript: string[] = []
  const waits = new Set<Wait>()
  const names = ['online', 'offline', 'safe', 'command', 'report', 'diagnostic', 'stopped', 'step'] as const
  for (const name of names)
    device.on(name, (detail: DeviceEvents[typeof name]) => {
      transcript.push(JSON.stringify(detail))
      for (const wait of [...waits]) {
        if (wait.event !== name || !wait.matches(detail as never)) continue
        waits.delete(wait)
        wait.resolve(detail as never)
      }
    })
  const settled = new Set<string>()
  device.on('report', ({ messageId, result }) => {
    // The report of a command that came again is sent again, and settles again: it is one report (DES-4).
    if (settled.has(messageId)) return
    settled.add(messageId)
    counts.settled[result] += 1
  })
  device.on('safe', ({ entered }) => {
    counts.safe[entered ? 'entered' : 'left'] += 1
  })
  device.on('online', ({ after }) => {
    if (after === 'renewal') counts.renewals += 1
    if (after === 'reconnect') counts.reconnects += 1
  })
  return {
    counts,
    transcript: () => transcript.join('\n'),
    sees: (event, matches = () => true) =>
      new Promise((resolve) => {
        waits.add({ event, matches, resolve })
      }),
  }
}
