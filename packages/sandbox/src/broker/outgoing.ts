import { generate, type IPublishPacket } from 'mqtt-packet'

/** The broker's QoS 1 publishes to one device, within the device's receive maximum (MQTT 5, 4.9). */
export interface Outgoing {
  /** Sends, or queues until the device has acknowledged others. False: larger than the device takes. */
  publish(topic: string, payload: string): boolean
  /** Takes a PUBACK; false where its packet identifier is not in use. */
  acknowledged(messageId: number): boolean
}

const LARGEST_MESSAGE_ID = 65_535

/** An empty flow over `write`. */
export function createOutgoing(
  limits: { receiveMaximum?: number; maximumPacketSize?: number },
  write: (bytes: Uint8Array) => void,
): Outgoing {
  const receiveMaximum = limits.receiveMaximum ?? 65_535
  const maximumPacketSize = limits.maximumPacketSize ?? Number.POSITIVE_INFINITY
  const inFlight = new Set<number>()
  const queue: IPublishPacket[] = []
  let lastId = 0

  function sendNext(): void {
    while (queue.length > 0 && inFlight.size < receiveMaximum) {
      const packet = queue.shift()
      if (packet === undefined) return
      do lastId = (lastId % LARGEST_MESSAGE_ID) + 1
      while (inFlight.has(lastId))
      inFlight.add(lastId)
      write(generate({ ...packet, messageId: lastId }, { protocolVersion: 5 }))
    }
  }

  return {
    publish(topic, payload) {
      const packet: IPublishPacket = { cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false }
      const size = generate({ ...packet, messageId: 1 }, { protocolVersion: 5 }).length
      if (size > maximumPacketSize) return false
      queue.push(packet)
      sendNext()
      return true
    },
    acknowledged(messageId) {
      const known = inFlight.delete(messageId)
      if (known) sendNext()
      return known
    },
  }
}
