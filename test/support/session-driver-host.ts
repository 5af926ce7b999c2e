import type { HostEvent } from '@realer-device/core'
import { type Causes, eventOf } from './session-cause.ts'
import type { WaitingDevice } from './waiting-device.ts'

/** What the firmware does: through the device's own API, and as the handler of its command route. */
export const causesOfHost: Causes<HostEvent['type']> = {
  reportOffered(world) {
    // After the stop the device's own door is shut: this one was offered amid the last step.
    if (world.device.state()?.value !== 'stopped') offer(world)
  },

  async stopRequested(world, { reason }, next) {
    const { device, links, sandbox, context, amid } = world
    if (next?.event.type === 'reportOffered' && next.state.value === 'stopped')
      amid('announceStopped', () => offer(world))
    // A connection whose CONNECT is out closes in good order; one that has not begun is over at once.
    const link = context().connection === null ? null : links.current()
    if (link !== null && !link.isOpened) {
      const then = next === undefined ? null : eventOf(next)
      if (then?.type === 'mqttRefused') sandbox.faults.order({ at: 'connect', refuse: then.reasonCode })
      link.open()
      await link.arrival('connack')
    }
    void device.stop({ reason })
  },

  commandFinished({ valve }, { outcome }) {
    const asked = valve.valuesAsked
    valve.finish(outcome)
    return valve.tell('open', asked)
  },

  // Caused amid the step that started the command.
  commandLate() {},

  valueRead: ({ valve }) => valve.tell('open'),

  async valueUnknown({ valve, context }) {
    const isRunning = context().commands.rte_valve?.open.some(({ state }) => state === 'running')
    if (isRunning !== true) return valve.tell(null)
    const asked = valve.valuesAsked
    valve.finish('applied')
    return valve.tell(null, asked)
  },

  routeValueRead: ({ valve }) => valve.tell('open'),

  routeValueUnknown: ({ valve }) => valve.tell(null),
}

function offer({ device }: WaitingDevice): void {
  device.report('rte_temperature', 'open', { messageId: 'm-1' })
}
