import type { Device } from '@realer-device/node'
import type { Ledger } from '@realer-device/sandbox'
import type { Timeline } from './timeline.ts'

/**
 * Tells of each value of a command route that the device has read after a way online and found to be news for the cloud
 * (PUB-11): it is a physical event that the device took, so the ledger is told of it as well.
 */
export function tellReconciliation(device: Device, ledger: Ledger, timeline: Timeline): void {
  device.on('step', ({ event, effects }) => {
    if (event?.type !== 'routeValueRead') return
    for (const effect of effects) {
      if (effect.type !== 'acceptReport') continue
      const { messageId, route } = effect
      ledger.observed({ messageId, route })
      timeline.tell('device', `the ${route} is ${event.value}, and the cloud has not been told: reported`)
    }
  })
}
