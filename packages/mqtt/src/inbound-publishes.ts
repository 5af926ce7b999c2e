import { ProtocolFault } from './errors.ts'
import type { MqttCallRefusal, MqttConnected, MqttOutput } from './outputs.ts'
import { encodePacket, type PublishPacket } from './packets.ts'
import { isPubackCode, ReasonCode } from './reason-codes.ts'
import { hasWildcard } from './topics.ts'

/** PUBLISH from the server and PUBACK from us (MQTT 5 sections 3.3, 3.4, 4.9). */
export interface InboundPublishes {
  /** PUBLISH came. Throws ProtocolFault. */
  received(packet: PublishPacket): MqttOutput[]
  acknowledge(packetId: number, reasonCode: number): MqttOutput[]
}

/** `receiveMaximum` is ours: how many QoS 1 messages may be unacknowledged. */
export function createInboundPublishes(receiveMaximum: number, limits: MqttConnected): InboundPublishes {
  const unacknowledged = new Set<number>()

  function received(packet: PublishPacket): MqttOutput[] {
    const { topic, payload, retain, dup, messageId } = packet
    if (packet.properties?.topicAlias !== undefined) {
      throw new ProtocolFault(
        ReasonCode.topicAliasInvalid,
        'PUBLISH with a topic alias, of which we take none',
      )
    }
    if (topic === '') throw new ProtocolFault(ReasonCode.protocolError, 'PUBLISH without a topic')
    if (hasWildcard(topic))
      throw new ProtocolFault(ReasonCode.malformedPacket, 'PUBLISH to a topic with a wildcard')
    if (packet.qos === 0 || messageId === undefined) {
      return [{ type: 'message', qos: 0, topic, payload, retain, dup: false }]
    }
    if (unacknowledged.has(messageId)) {
      throw new ProtocolFault(ReasonCode.protocolError, 'PUBLISH with a packet identifier in use')
    }
    if (unacknowledged.size === receiveMaximum) {
      throw new ProtocolFault(
        ReasonCode.receiveMaximumExceeded,
        `more than ${receiveMaximum} messages without our PUBACK`,
      )
    }
    unacknowledged.add(messageId)
    return [{ type: 'message', qos: 1, packetId: messageId, topic, payload, retain, dup }]
  }

  function acknowledge(packetId: number, reasonCode: number): MqttOutput[] {
    if (!unacknowledged.has(packetId)) {
      return refused('unknown-packet-id', 'no message with this packet identifier waits for PUBACK')
    }
    if (!isPubackCode(reasonCode)) return refused('reason-code-invalid', 'not a reason code of PUBACK')
    const bytes = encodePacket({ cmd: 'puback', messageId: packetId, reasonCode })
    if (bytes.length > limits.maximumPacketSize) {
      return refused(
        'packet-too-large',
        `${bytes.length} bytes, the server takes ${limits.maximumPacketSize}`,
      )
    }
    unacknowledged.delete(packetId)
    return [{ type: 'send', bytes }]
  }

  return { received, acknowledge }
}

function refused(code: MqttCallRefusal, detail: string): MqttOutput[] {
  return [{ type: 'callRefused', call: 'acknowledge', code, detail }]
}
