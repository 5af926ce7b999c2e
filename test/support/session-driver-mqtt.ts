import type { MqttEvent } from '@realer-device/core'
import { topics } from '../../packages/core/test/support/scenario.ts'
import type { Causes } from './session-cause.ts'
import type { WaitingDevice } from './waiting-device.ts'

/** What the broker and the application behind it do on the device's connection. */
export const causesOfConnections: Causes<
  MqttEvent['type'] | 'timer.connectTimeout' | 'timer.publishTimeout'
> = {
  async mqttConnected({ links }) {
    const link = links.current()
    link.open()
    await link.hand('connack')
  },

  async mqttRefused({ links, sandbox }, { reasonCode }) {
    sandbox.faults.order({ at: 'connect', refuse: reasonCode })
    const link = links.current()
    link.open()
    await link.hand('connack')
  },

  async mqttSubscribed({ links, sandbox, context }, { grants }) {
    // The model's topics are others; their order is the device's.
    for (const [index, { reasonCode }] of grants.entries()) {
      const topic = context().connection?.asked[index]
      if (topic === undefined) throw new Error('the device asked for fewer topics')
      if (reasonCode >= 0x80) sandbox.faults.order({ at: 'subscribe', topic, refuse: reasonCode })
    }
    links.current().letOut()
    await links.current().hand('suback')
  },

  async mqttPublishAnswered({ links, sandbox }, { reasonCode }) {
    if (reasonCode >= 0x80) sandbox.faults.order({ at: 'publish', refuse: reasonCode })
    links.current().letOut()
    await links.current().hand('puback')
  },

  async mqttMessageReceived(world, { topic, payload }, next) {
    const { links, sandbox } = world
    if (topic === topics.acknowledgements) sandbox.acknowledgeRaw(payload)
    else if (next?.event.type === 'commandLate') orderTooLate(world)
    else {
      const { valid_for_seconds: validForSeconds } = JSON.parse(payload) as { valid_for_seconds: number }
      sandbox.desire('valve', 'open', { validForSeconds })
    }
    await links.current().hand('publish')
  },

  async mqttClosed({ links, sandbox, context }, { reasonCode }) {
    const link = links.current()
    const { connection, timers } = context()
    // After DISCONNECT it is the broker that closes.
    if (timers.closeTimeout !== undefined) return link.hand('closed')
    if (reasonCode !== null) {
      sandbox.disconnectClients(reasonCode)
      return link.hand('disconnect')
    }
    if (connection?.limits === null) {
      sandbox.faults.order({ at: 'connect', do: 'drop' })
      link.open()
    } else sandbox.dropConnections()
    return link.hand('closed')
  },

  async 'timer.connectTimeout'({ links, sandbox, clock, context }) {
    // Without a SUBACK: SUBSCRIBE is at the gate, and does not leave.
    if (context().connection?.limits !== null) return
    const { ledger, faults } = sandbox
    const after = ledger.lastNumber
    faults.order({ at: 'connect', do: 'hang' })
    // The handshake takes a moment, so that the wait for CONNACK alone ends later than the whole.
    clock.moveTo(clock.now() + 1)
    links.current().open()
    await ledger.untilKind('connect', ({ outcome }) => outcome === 'hung', { after })
  },

  async 'timer.publishTimeout'({ links, sandbox }) {
    const { ledger, faults } = sandbox
    const after = ledger.lastNumber
    faults.order({ at: 'publish', do: 'withhold-puback' })
    links.current().letOut()
    await ledger.untilKind('publish', ({ executed }) => executed, { after })
  },
}

/** A desired state whose window is over before its handler can start, although not a whole millisecond has passed. */
function orderTooLate({ sandbox, clock, amid }: WaitingDevice): void {
  const windowMs = 0.5
  sandbox.desire('valve', 'open', { validForSeconds: windowMs / 1000 })
  amid('startCommand', () => clock.moveTo(clock.now() + windowMs))
}
