import { generate, type Packet, parser } from 'mqtt-packet'

/** A PUBLISH of the device, as the broker read it. */
export interface Published {
  readonly topic: string
  readonly payload: string
  readonly packetId: number
}

/** What the broker owes the device, oldest first. */
export type Owed =
  | { readonly to: 'connect' }
  | { readonly to: 'subscribe'; readonly packetId: number; readonly topics: readonly string[] }
  | { readonly to: 'publish'; readonly packetId: number }
  | { readonly to: 'ping' }

type Bytes = Uint8Array

/** Every inbound packet of the device is answered with protocol version 5. */
const version = { protocolVersion: 5 } as const

/** The broker's side of one connection: it reads the device's bytes, and makes bytes. It decides nothing. */
export class Broker {
  /** What has not been answered yet. */
  readonly owed: Owed[] = []
  /** What the device has published on this connection and the application has not acknowledged. */
  readonly published: Published[] = []
  /** The topics that the device asked for. */
  readonly topics: string[] = []
  /** Whether the device said goodbye. */
  hasDisconnect = false
  readonly #parser = parser(version)

  constructor() {
    this.#parser.on('packet', (packet) => this.#read(packet))
    this.#parser.on('error', (error: unknown) => {
      throw error instanceof Error ? error : new Error(String(error))
    })
  }

  /** Bytes of the device. @throws {Error} where they are no MQTT: a fault of ours */
  receive(bytes: Bytes): void {
    this.#parser.parse(bytes as Buffer)
  }

  #read(packet: Packet): void {
    switch (packet.cmd) {
      case 'connect':
        this.owed.push({ to: 'connect' })
        break
      case 'subscribe': {
        const topics = packet.subscriptions.map(({ topic }) => topic)
        this.topics.push(...topics)
        this.owed.push({ to: 'subscribe', packetId: packet.messageId ?? 0, topics })
        break
      }
      case 'publish': {
        const { topic, payload, messageId: packetId = 0 } = packet
        this.published.push({ topic, payload: String(payload), packetId })
        this.owed.push({ to: 'publish', packetId })
        break
      }
      case 'pingreq':
        this.owed.push({ to: 'ping' })
        break
      case 'disconnect':
        this.hasDisconnect = true
        break
      case 'puback':
        break
      default:
        throw new Error(`the device sent ${packet.cmd}`)
    }
  }
}

/** The bytes of a packet of the broker. */
export function bytesOf(packet: Packet): Bytes {
  return generate(packet, version)
}
