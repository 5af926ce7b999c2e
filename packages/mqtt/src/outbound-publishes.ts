import { ProtocolFault } from './errors.ts'
import type { MqttConnected, MqttOutput, MqttPublishRefusal, MqttPublishRefused } from './outputs.ts'
import type { PacketIds } from './packet-ids.ts'
import { encodePacket, type PubackPacket } from './packets.ts'
import { ReasonCode } from './reason-codes.ts'
import { isTopicName } from './topics.ts'
import { encodeUtf8 } from './utf8.ts'

/** A message to publish, always at QoS 1 and never retained (PUB-1). */
export interface MqttPublish {
  readonly topic: string
  readonly payload: Uint8Array | string
  /** The caller's own id for this attempt: it comes back in `published` or `publishRefused`. */
  readonly delivery: string
}

/** PUBLISH from us and PUBACK from the server (MQTT 5 sections 3.3, 3.4, 4.9). */
export interface OutboundPublishes {
  publish(message: MqttPublish): MqttOutput[]
  /** PUBACK came. Throws ProtocolFault. */
  acknowledged(packet: PubackPacket): MqttOutput[]
}

export function createOutboundPublishes(limits: MqttConnected, packetIds: PacketIds): OutboundPublishes {
  const deliveries = new Map<number, string>()

  function publish({ topic, payload, delivery }: MqttPublish): MqttOutput[] {
    // What is final for the message is tested first, so that a refusal to wait for is always worth the wait.
    if (!isTopicName(topic)) return [publishRefused(delivery, 'topic-invalid', 'the topic is no topic name')]
    if (limits.maximumQoS === 0) {
      return [publishRefused(delivery, 'qos-not-supported', 'the server takes QoS 0 only')]
    }
    const payloadBytes = typeof payload === 'string' ? encodeUtf8(payload) : payload
    const size = publishSize(topic, payloadBytes)
    if (size > limits.maximumPacketSize) {
      const detail = `${size} bytes, the server takes ${limits.maximumPacketSize}`
      return [publishRefused(delivery, 'packet-too-large', detail)]
    }
    if (deliveries.size >= limits.receiveMaximum) {
      const detail = `${deliveries.size} messages wait for their PUBACK`
      return [publishRefused(delivery, 'receive-maximum-exceeded', detail)]
    }
    const messageId = packetIds.allocate()
    if (messageId === undefined) {
      return [publishRefused(delivery, 'no-packet-id', 'all packet identifiers are in use')]
    }
    deliveries.set(messageId, delivery)
    const bytes = encodePacket({
      cmd: 'publish',
      messageId,
      topic,
      payload: payloadBytes,
      qos: 1,
      dup: false,
      retain: false,
    })
    return [{ type: 'send', bytes }]
  }

  function acknowledged({ messageId, reasonCode, properties }: PubackPacket): MqttOutput[] {
    const delivery = deliveries.get(messageId)
    if (delivery === undefined) {
      throw new ProtocolFault(ReasonCode.protocolError, 'PUBACK for a packet identifier that waits for none')
    }
    deliveries.delete(messageId)
    packetIds.release(messageId)
    const reasonString = properties?.reasonString
    return [{ type: 'published', delivery, reasonCode, ...(reasonString !== undefined && { reasonString }) }]
  }

  return { publish, acknowledged }
}

/** The refusal of a message. */
export function publishRefused(
  delivery: string,
  code: MqttPublishRefusal,
  detail: string,
): MqttPublishRefused {
  return { type: 'publishRefused', delivery, code, detail }
}

// The size of a QoS 1 PUBLISH without properties: told before the bytes are made, so that a payload that is far too
// large is never copied.
function publishSize(topic: string, payload: Uint8Array): number {
  const remaining = 2 + encodeUtf8(topic).length + 2 + 1 + payload.length
  return 1 + varintLength(remaining) + remaining
}

function varintLength(value: number): number {
  if (value < 128) return 1
  if (value < 16_384) return 2
  return value < 2_097_152 ? 3 : 4
}
