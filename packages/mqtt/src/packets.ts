import mqttPacket from 'mqtt-packet'
import { ProtocolFault } from './errors.ts'
import { ReasonCode } from './reason-codes.ts'
import { encodeUtf8 } from './utf8.ts'

// The one file that knows mqtt-packet: its packets in our words, and its bytes as plain Uint8Array.

/** The packets that this session sends. */
export type OutboundPacket =
  | {
      readonly cmd: 'publish'
      readonly messageId: number
      readonly topic: string
      readonly payload: Uint8Array
      readonly qos: 1
      readonly dup: false
      readonly retain: false
    }
  | { readonly cmd: 'puback'; readonly messageId: number; readonly reasonCode: number }
  | {
      readonly cmd: 'subscribe'
      readonly messageId: number
      readonly subscriptions: readonly { readonly topic: string; readonly qos: 0 | 1 }[]
    }
  | { readonly cmd: 'pingreq' }
  | { readonly cmd: 'disconnect'; readonly reasonCode: number }

/** The will of a CONNECT. */
export interface WillMessage {
  readonly topic: string
  readonly payload: string
  readonly qos: 1
  readonly retain: false
  readonly properties: { readonly willDelayInterval?: number }
}

/** CONNECT, apart from the rest because its password takes a way of its own. */
export interface ConnectPacket {
  readonly clientId: string
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly clean: boolean
  readonly keepalive: number
  readonly will?: WillMessage
  readonly properties: {
    readonly sessionExpiryInterval?: number
    readonly receiveMaximum: number
    readonly maximumPacketSize: number
  }
}

export interface ConnackPacket {
  readonly cmd: 'connack'
  readonly sessionPresent: boolean
  readonly reasonCode: number
  readonly properties?: {
    readonly sessionExpiryInterval?: number
    readonly receiveMaximum?: number
    readonly maximumPacketSize?: number
    readonly maximumQoS?: number
    readonly retainAvailable?: boolean
    readonly serverKeepAlive?: number
    readonly topicAliasMaximum?: number
    readonly wildcardSubscriptionAvailable?: boolean
    readonly sharedSubscriptionAvailable?: boolean
    readonly assignedClientIdentifier?: string
    readonly authenticationMethod?: string
    readonly reasonString?: string
    readonly serverReference?: string
  }
}

export interface PublishPacket {
  readonly cmd: 'publish'
  readonly qos: number
  readonly dup: boolean
  readonly retain: boolean
  readonly topic: string
  readonly payload: Uint8Array
  readonly messageId?: number
  readonly properties?: { readonly topicAlias?: number }
}

export interface PubackPacket {
  readonly cmd: 'puback'
  readonly messageId: number
  readonly reasonCode: number
  readonly properties?: { readonly reasonString?: string }
}

export interface SubackPacket {
  readonly cmd: 'suback'
  readonly messageId: number
  readonly granted: readonly number[]
  readonly properties?: { readonly reasonString?: string }
}

export interface DisconnectPacket {
  readonly cmd: 'disconnect'
  readonly reasonCode: number
  readonly properties?: { readonly reasonString?: string; readonly serverReference?: string }
}

/** The packets that this session takes. */
export type InboundPacket =
  | ConnackPacket
  | PublishPacket
  | PubackPacket
  | SubackPacket
  | { readonly cmd: 'pingresp' }
  | DisconnectPacket

// What is used of mqtt-packet 9. Its own types name Node's Buffer and streams, which a pure package has not.
interface MqttPacketLibrary {
  readonly writeToStream: {
    (packet: object, stream: ChunkSink, options: { protocolVersion: 5 }): boolean
    cacheNumbers: boolean
  }
  parser(options: { protocolVersion: 5 }): {
    on(event: 'packet', listener: (packet: InboundPacket) => void): unknown
    on(event: 'error', listener: (error: Error) => void): unknown
    parse(bytes: Uint8Array): number
  }
}

interface ChunkSink {
  write(chunk: string | Uint8Array): boolean
  destroy(error: Error): void
}

const library = mqttPacket as unknown as MqttPacketLibrary

// Otherwise the first packet written makes 65,536 buffers: 50 ms and 11 MB.
library.writeToStream.cacheNumbers = false

const VERSION = { protocolVersion: 5 } as const

/** A packet's bytes. The packet must be valid: it was checked where the caller's data came in. */
export function encodePacket(packet: OutboundPacket): Uint8Array {
  return write(packet)
}

/**
 * CONNECT's bytes. The password is the packet's last field (section 3.1.3): it is written over a stand-in of the same
 * length, because mqtt-packet takes bytes only as a Buffer and prints every string under DEBUG=mqtt-packet* (CRED-3).
 */
export function encodeConnect({ password, ...connect }: ConnectPacket): Uint8Array {
  const standIn = password === undefined ? undefined : '*'.repeat(password.length)
  const bytes = write({ ...connect, cmd: 'connect', protocolId: 'MQTT', ...VERSION, password: standIn })
  if (password !== undefined) bytes.set(password, bytes.length - password.length)
  return bytes
}

function write(packet: object): Uint8Array {
  const chunks: Uint8Array[] = []
  let length = 0
  library.writeToStream(
    packet,
    {
      write(chunk) {
        const bytes = typeof chunk === 'string' ? encodeUtf8(chunk) : chunk
        chunks.push(bytes)
        length += bytes.length
        return true
      },
      destroy(error) {
        throw error
      },
    },
    VERSION,
  )
  const packetBytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    packetBytes.set(chunk, at)
    at += chunk.length
  }
  return packetBytes
}

/** Decodes whole packets, one a call. Throws ProtocolFault; after that the decoder is spent. */
export type PacketDecoder = (bytes: Uint8Array) => InboundPacket

/** Each call gets exactly one packet that passed `checkWellFormed`, so the parser never has one to keep. */
export function createPacketDecoder(): PacketDecoder {
  const parser = library.parser(VERSION)
  const parsed: InboundPacket[] = []
  const errors: Error[] = []
  parser.on('packet', (packet) => parsed.push(packet))
  // The parser forgets its error at the next call, and throws where nobody listens for it.
  parser.on('error', (error) => errors.push(error))
  return (bytes) => {
    parser.parse(bytes)
    const packet = parsed.pop()
    const error = errors[0]
    if (packet === undefined || error !== undefined)
      throw malformed(error?.message ?? 'the packet cannot be read')
    return packet.cmd === 'publish' ? { ...packet, payload: plainBytes(packet.payload) } : packet
  }
}

// The parser's payload is a view of the frame, and the frame is ours: no copy is needed.
function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function malformed(detail: string): ProtocolFault {
  return new ProtocolFault(ReasonCode.malformedPacket, detail)
}
