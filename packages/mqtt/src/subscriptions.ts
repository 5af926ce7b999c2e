import { ProtocolFault } from './errors.ts'
import type { MqttCallRefusal, MqttCallRefused, MqttConnected, MqttOutput } from './outputs.ts'
import type { PacketIds } from './packet-ids.ts'
import { encodePacket, type SubackPacket } from './packets.ts'
import { ReasonCode } from './reason-codes.ts'
import { hasWildcard, isShared, isTopicFilter } from './topics.ts'

/** A topic filter to subscribe to, and the highest QoS to receive it at. QoS 2 is never asked for. */
export interface MqttSubscription {
  readonly topic: string
  readonly qos: 0 | 1
}

/** SUBSCRIBE and SUBACK (MQTT 5 sections 3.8, 3.9). */
export interface Subscriptions {
  subscribe(subscriptions: readonly MqttSubscription[]): MqttOutput[]
  /** SUBACK came. Throws ProtocolFault. */
  granted(packet: SubackPacket): MqttOutput[]
}

/** How many SUBSCRIBEs may wait for their SUBACK (CORE-5). */
const MAXIMUM_PENDING_SUBSCRIBES = 64

export function createSubscriptions(limits: MqttConnected, packetIds: PacketIds): Subscriptions {
  const pending = new Map<number, readonly MqttSubscription[]>()

  function subscribe(subscriptions: readonly MqttSubscription[]): MqttOutput[] {
    const refusal = refusalOf(subscriptions, limits)
    if (refusal !== undefined) return [refusal]
    if (pending.size === MAXIMUM_PENDING_SUBSCRIBES) {
      return [refused('too-many-pending', `${MAXIMUM_PENDING_SUBSCRIBES} SUBSCRIBEs wait for their SUBACK`)]
    }
    const messageId = packetIds.allocate()
    if (messageId === undefined) return [refused('no-packet-id', 'all packet identifiers are in use')]
    const asked = subscriptions.map(({ topic, qos }) => ({ topic, qos }))
    const bytes = encodePacket({ cmd: 'subscribe', messageId, subscriptions: asked })
    if (bytes.length > limits.maximumPacketSize) {
      packetIds.release(messageId)
      return [
        refused('packet-too-large', `${bytes.length} bytes, the server takes ${limits.maximumPacketSize}`),
      ]
    }
    pending.set(messageId, asked)
    return [{ type: 'send', bytes }]
  }

  function granted({ messageId, granted: reasonCodes, properties }: SubackPacket): MqttOutput[] {
    const asked = pending.get(messageId)
    if (asked === undefined) throw protocolError('SUBACK for a packet identifier that waits for none')
    if (reasonCodes.length !== asked.length) {
      throw protocolError(`SUBACK with ${reasonCodes.length} reason codes for ${asked.length} topics`)
    }
    const grants = asked.map(({ topic, qos }, index) => {
      const reasonCode = reasonCodes[index] ?? ReasonCode.unspecifiedError
      if (reasonCode > qos && reasonCode < 0x80) throw protocolError('SUBACK grants more than was asked for')
      return { topic, reasonCode }
    })
    pending.delete(messageId)
    packetIds.release(messageId)
    const reasonString = properties?.reasonString
    return [{ type: 'subscribed', grants, ...(reasonString !== undefined && { reasonString }) }]
  }

  return { subscribe, granted }
}

function refusalOf(
  subscriptions: readonly MqttSubscription[],
  limits: MqttConnected,
): MqttCallRefused | undefined {
  if (subscriptions.length === 0) return refused('no-subscriptions', 'at least one topic is needed')
  for (const [index, { topic, qos }] of subscriptions.entries()) {
    if (!isTopicFilter(topic))
      return refused('topic-invalid', `subscriptions[${index}].topic is no topic filter`)
    if (qos !== 0 && qos !== 1) return refused('qos-invalid', `subscriptions[${index}].qos must be 0 or 1`)
    if (hasWildcard(topic) && !limits.wildcardSubscriptionAvailable) {
      return refused(
        'wildcards-not-supported',
        `the server takes no wildcards, see subscriptions[${index}].topic`,
      )
    }
    if (isShared(topic) && !limits.sharedSubscriptionAvailable) {
      return refused('shared-subscriptions-not-supported', `see subscriptions[${index}].topic`)
    }
  }
  return undefined
}

function refused(code: MqttCallRefusal, detail: string): MqttCallRefused {
  return { type: 'callRefused', call: 'subscribe', code, detail }
}

function protocolError(detail: string): ProtocolFault {
  return new ProtocolFault(ReasonCode.protocolError, detail)
}
