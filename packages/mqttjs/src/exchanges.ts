import type { MqttClientEvents } from '@realer-device/host'
import type { IPublishPacket, MqttClient, Packet } from 'mqtt'
import type { Limits } from './connack.ts'
import { OUR_RECEIVE_MAXIMUM } from './connect-options.ts'
import { hasWildcard, publishRefusal, subscribeRefusal } from './outbound.ts'
import {
  MALFORMED_PACKET,
  PROTOCOL_ERROR,
  ProtocolFault,
  RECEIVE_MAXIMUM_EXCEEDED,
  TOPIC_ALIAS_INVALID,
} from './protocol-fault.ts'

/** What is said on a connection between CONNACK and its end. */
export interface Exchanges {
  subscribe(topics: readonly string[]): void
  publish(delivery: string, topic: string, payload: string): void
  /** A packet came that is not about the connection itself. Throws {@link ProtocolFault}. */
  received(packet: Packet): void
}

/** What the exchanges of a connection need of it. */
export interface ExchangeParts {
  readonly client: MqttClient
  readonly limits: Limits
  readonly events: MqttClientEvents
  tell(event: () => void): void
  /** Sends PUBACK, where the connection still lasts. */
  sendPuback(packetId: number, reasonCode: number): void
}

/**
 * SUBSCRIBE, PUBLISH and what answers them. MQTT.js's callbacks and its event `message` lose the reason codes, or answer
 * before we do; so we read what came from `packetreceive`, under the id with which it left.
 */
export function createExchanges({ client, limits, events, tell, sendPuback }: ExchangeParts): Exchanges {
  const deliveries = new Map<number, string>()
  const unacknowledged = new Set<number>()
  let subscription: { readonly id: number; readonly topics: readonly string[] } | null = null

  /** MQTT.js tells here, too, that the connection ended: that is told as such. */
  function ignore(): void {}

  function suback(id: number | undefined, granted: readonly unknown[]): void {
    if (subscription === null || id !== subscription.id)
      throw new ProtocolFault(PROTOCOL_ERROR, 'SUBACK for a packet identifier that waits for none')
    const { topics } = subscription
    subscription = null
    if (granted.length !== topics.length)
      throw new ProtocolFault(PROTOCOL_ERROR, `${granted.length} reason codes for ${topics.length} topics`)
    const grants = topics.map((topic, index) => ({ topic, reasonCode: Number(granted[index]) }))
    if (grants.some(({ reasonCode }) => reasonCode > 1 && reasonCode < 0x80))
      throw new ProtocolFault(PROTOCOL_ERROR, 'SUBACK grants more than was asked for')
    tell(() => events.onSubscribed(grants))
  }

  function puback(id: number | undefined, reasonCode: number): void {
    const delivery = id === undefined ? undefined : deliveries.get(id)
    if (id === undefined || delivery === undefined)
      throw new ProtocolFault(PROTOCOL_ERROR, 'PUBACK for a packet identifier that waits for none')
    deliveries.delete(id)
    tell(() => events.onPublishAnswered(delivery, reasonCode))
  }

  function message({ topic, payload, qos, messageId: id = 0, properties }: IPublishPacket): void {
    if (properties?.topicAlias !== undefined)
      throw new ProtocolFault(TOPIC_ALIAS_INVALID, 'PUBLISH with a topic alias, of which we take none')
    if (qos === 2)
      throw new ProtocolFault(PROTOCOL_ERROR, 'PUBLISH with more than the QoS that was asked for')
    if (topic === '' || hasWildcard(topic))
      throw new ProtocolFault(MALFORMED_PACKET, 'PUBLISH to what is no topic name')
    if (qos === 1) expectAcknowledgement(id)
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    tell(() =>
      events.onMessage({
        topic,
        payload: bytes,
        acknowledge(reasonCode) {
          if (unacknowledged.delete(id)) sendPuback(id, reasonCode)
        },
      }),
    )
  }

  function expectAcknowledgement(id: number): void {
    if (id === 0 || unacknowledged.has(id))
      throw new ProtocolFault(PROTOCOL_ERROR, 'PUBLISH with a packet identifier in use, or with none')
    if (unacknowledged.size === OUR_RECEIVE_MAXIMUM)
      throw new ProtocolFault(RECEIVE_MAXIMUM_EXCEEDED, 'more messages than we take without our PUBACK')
    unacknowledged.add(id)
  }

  return {
    subscribe(topics) {
      const refusal = subscribeRefusal(topics, limits)
      if (refusal !== null)
        return tell(() => events.onSubscribed(topics.map((topic) => ({ topic, reasonCode: refusal }))))
      client.subscribe([...topics], { qos: 1 }, ignore)
      subscription = { id: client.getLastMessageId(), topics }
    },
    publish(delivery, topic, payload) {
      const refusal = publishRefusal(topic, payload, deliveries.size, limits)
      if (refusal !== null) return tell(() => events.onPublishAnswered(delivery, refusal))
      client.publish(topic, payload, { qos: 1 }, ignore)
      deliveries.set(client.getLastMessageId(), delivery)
    },
    received(packet) {
      switch (packet.cmd) {
        case 'suback':
          return suback(packet.messageId, packet.granted)
        case 'puback':
          return puback(packet.messageId, packet.reasonCode ?? 0)
        case 'publish':
          return message(packet)
        case 'pingresp':
          return
        default:
          throw new ProtocolFault(PROTOCOL_ERROR, `an unexpected ${packet.cmd}`)
      }
    },
  }
}
