import { ProtocolFault } from './errors.ts'
import type { Frame } from './framing.ts'
import { ReasonCode } from './reason-codes.ts'
import { isMqttStringBytes } from './utf8.ts'

// What mqtt-packet does not check. It reads over a packet's end, takes any bytes for UTF-8, keeps properties that do
// not belong to the packet, and joins repeated ones: so each inbound packet is walked here before it is decoded.

/** The packet types that a server may send to this session (MQTT 5 section 2.1.2). */
const PacketType = { connack: 2, publish: 3, puback: 4, suback: 9, pingresp: 13, disconnect: 14 } as const

// A server may send these by the standard, but never to a client that uses no QoS 2, no UNSUBSCRIBE and no AUTH.
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'CONNECT',
  5: 'PUBREC',
  6: 'PUBREL',
  7: 'PUBCOMP',
  8: 'SUBSCRIBE',
  10: 'UNSUBSCRIBE',
  11: 'UNSUBACK',
  12: 'PINGREQ',
  15: 'AUTH',
}

/** Checks the type and the flags of an inbound packet as soon as its first byte is there (sections 2.1.2, 2.1.3). */
export function checkFirstByte(byte: number, awaitingConnack: boolean): void {
  const type = byte >> 4
  const flags = byte & 0x0f
  if (awaitingConnack && type !== PacketType.connack) {
    throw protocolError('the first packet of the server is not CONNACK')
  }
  switch (type) {
    case 0:
      throw malformed('packet type 0 is reserved')
    case PacketType.publish:
      checkPublishFlags(flags)
      return
    case PacketType.connack:
    case PacketType.puback:
    case PacketType.suback:
    case PacketType.pingresp:
    case PacketType.disconnect:
      if (flags !== 0) throw malformed('reserved flags are set')
      if (type === PacketType.connack && !awaitingConnack) throw protocolError('a second CONNACK')
      return
    default:
      throw protocolError(`the server sent ${TYPE_NAMES[type]}`)
  }
}

function checkPublishFlags(flags: number): void {
  const qos = (flags >> 1) & 3
  if (qos === 3) throw malformed('PUBLISH with both QoS bits set')
  if (qos === 2)
    throw new ProtocolFault(ReasonCode.qosNotSupported, 'PUBLISH at QoS 2, which was never granted')
  if (qos === 0 && (flags & 8) !== 0) throw protocolError('PUBLISH at QoS 0 with the DUP flag')
}

/** Walks a packet's fields to its exact end. Throws ProtocolFault where they do not fit the standard. */
export function checkWellFormed(frame: Frame): void {
  const type = (frame.bytes[0] ?? 0) >> 4
  const fields = createFieldReader(frame)
  switch (type) {
    case PacketType.connack:
      if (fields.byte() > 1) throw malformed('CONNACK with reserved flags')
      fields.byte()
      if (fields.atEnd()) throw malformed('CONNACK without properties: a server of MQTT 3 answers so')
      checkProperties(fields, type)
      break
    case PacketType.publish:
      fields.string()
      if (((frame.bytes[0] ?? 0) & 0x06) !== 0 && fields.uint16() === 0) {
        throw protocolError('PUBLISH with packet identifier 0')
      }
      checkProperties(fields, type)
      return
    case PacketType.puback:
      fields.uint16()
      if (!fields.atEnd()) fields.byte()
      if (!fields.atEnd()) checkProperties(fields, type)
      break
    case PacketType.suback:
      fields.uint16()
      checkProperties(fields, type)
      return
    case PacketType.disconnect:
      if (!fields.atEnd()) fields.byte()
      if (!fields.atEnd()) checkProperties(fields, type)
      break
  }
  if (!fields.atEnd()) throw malformed('the packet is longer than its fields')
}

type PropertyKind = 'flag' | 'uint16' | 'uint32' | 'varint' | 'string' | 'binary' | 'pair'

interface Property {
  readonly name: string
  readonly kind: PropertyKind
  readonly packets: readonly number[]
  readonly repeats?: true
}

const { connack, publish, puback, suback, disconnect } = PacketType

// Section 2.2.2.2, for the packets that this session takes from a server.
const PROPERTIES: Readonly<Record<number, Property>> = {
  1: { name: 'payload format indicator', kind: 'flag', packets: [publish] },
  2: { name: 'message expiry interval', kind: 'uint32', packets: [publish] },
  3: { name: 'content type', kind: 'string', packets: [publish] },
  8: { name: 'response topic', kind: 'string', packets: [publish] },
  9: { name: 'correlation data', kind: 'binary', packets: [publish] },
  11: { name: 'subscription identifier', kind: 'varint', packets: [publish], repeats: true },
  17: { name: 'session expiry interval', kind: 'uint32', packets: [connack] },
  18: { name: 'assigned client identifier', kind: 'string', packets: [connack] },
  19: { name: 'server keep alive', kind: 'uint16', packets: [connack] },
  21: { name: 'authentication method', kind: 'string', packets: [connack] },
  22: { name: 'authentication data', kind: 'binary', packets: [connack] },
  26: { name: 'response information', kind: 'string', packets: [connack] },
  28: { name: 'server reference', kind: 'string', packets: [connack, disconnect] },
  31: { name: 'reason string', kind: 'string', packets: [connack, puback, suback, disconnect] },
  33: { name: 'receive maximum', kind: 'uint16', packets: [connack] },
  34: { name: 'topic alias maximum', kind: 'uint16', packets: [connack] },
  35: { name: 'topic alias', kind: 'uint16', packets: [publish] },
  36: { name: 'maximum QoS', kind: 'flag', packets: [connack] },
  37: { name: 'retain available', kind: 'flag', packets: [connack] },
  38: {
    name: 'user property',
    kind: 'pair',
    packets: [connack, publish, puback, suback, disconnect],
    repeats: true,
  },
  39: { name: 'maximum packet size', kind: 'uint32', packets: [connack] },
  40: { name: 'wildcard subscription available', kind: 'flag', packets: [connack] },
  41: { name: 'subscription identifier available', kind: 'flag', packets: [connack] },
  42: { name: 'shared subscription available', kind: 'flag', packets: [connack] },
}

function checkProperties(fields: FieldReader, packetType: number): void {
  const length = fields.varint()
  if (length === 0) return
  const end = fields.position() + length
  const seen = new Set<number>()
  while (fields.position() < end) {
    const id = fields.varint()
    const property = PROPERTIES[id]
    if (property === undefined || !property.packets.includes(packetType)) {
      throw malformed(`property 0x${id.toString(16).padStart(2, '0')} does not belong to this packet`)
    }
    if (seen.has(id) && property.repeats !== true) throw protocolError(`${property.name} stands twice`)
    seen.add(id)
    checkValue(fields, property)
  }
  if (fields.position() !== end) throw malformed('the properties are longer than their length says')
}

function checkValue(fields: FieldReader, property: Property): void {
  switch (property.kind) {
    case 'flag':
      if (fields.byte() > 1) throw protocolError(`${property.name} is neither 0 nor 1`)
      break
    case 'uint16':
      fields.uint16()
      break
    case 'uint32':
      fields.skip(4)
      break
    case 'varint':
      if (fields.varint() === 0) throw protocolError(`${property.name} is 0`)
      break
    case 'string':
      fields.string()
      break
    case 'binary':
      fields.skip(fields.uint16())
      break
    case 'pair':
      fields.string()
      fields.string()
      break
  }
}

/** Reads the fields of section 1.5, never past the packet's end. */
interface FieldReader {
  position(): number
  atEnd(): boolean
  skip(count: number): void
  byte(): number
  uint16(): number
  varint(): number
  string(): void
}

function createFieldReader({ bytes, bodyStart }: Frame): FieldReader {
  let at = bodyStart

  function skip(count: number): void {
    if (at + count > bytes.length) throw malformed('the packet ends inside a field')
    at += count
  }

  function byte(): number {
    skip(1)
    return bytes[at - 1] ?? 0
  }

  function uint16(): number {
    return byte() * 256 + byte()
  }

  function varint(): number {
    let value = 0
    for (let index = 0; index < 4; index++) {
      const part = byte()
      value += (part & 0x7f) * 128 ** index
      if (part < 0x80) {
        if (part === 0 && index > 0) throw malformed('a variable byte integer is longer than it needs to be')
        return value
      }
    }
    throw malformed('a variable byte integer has more than four bytes')
  }

  function string(): void {
    const start = at + 2
    skip(uint16())
    if (!isMqttStringBytes(bytes, start, at)) throw malformed('a string is not well-formed UTF-8')
  }

  return { position: () => at, atEnd: () => at === bytes.length, skip, byte, uint16, varint, string }
}

function malformed(detail: string): ProtocolFault {
  return new ProtocolFault(ReasonCode.malformedPacket, detail)
}

function protocolError(detail: string): ProtocolFault {
  return new ProtocolFault(ReasonCode.protocolError, detail)
}
