import { MALFORMED_PACKET, PACKET_TOO_LARGE, PROTOCOL_ERROR, ProtocolFault } from './protocol-fault.ts'

/** Cuts the server's bytes into whole packets. Throws {@link ProtocolFault}; after that it is spent. */
export type CutFrames = (bytes: Uint8Array) => Generator<Buffer, void, void>

/**
 * The packets that a server may send to this client, and the fewest bytes of each after its fixed header. MQTT.js takes
 * any packet and reads past the end of one that is cut short: some of those throw in it long after.
 */
const fewestBytes: { readonly [type: number]: number | undefined } = {
  // CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP, DISCONNECT
  2: 3,
  3: 3,
  4: 2,
  9: 4,
  13: 0,
  14: 0,
}

/** At most one packet of `maximumPacketSize` bytes is held (CORE-5): MQTT.js would first gather all of a larger one. */
export function createFrameCutter(maximumPacketSize: number): CutFrames {
  let held: Buffer = Buffer.alloc(0)

  return function* cut(bytes) {
    held = Buffer.concat([held, bytes])
    for (let size = sizeOf(held, maximumPacketSize); size !== null && size <= held.length; ) {
      const frame = held.subarray(0, size)
      held = held.subarray(size)
      yield frame
      size = sizeOf(held, maximumPacketSize)
    }
  }
}

/** The size of the packet that begins here; null while that cannot be known. */
function sizeOf(bytes: Buffer, maximumPacketSize: number): number | null {
  const [first, ...rest] = bytes.subarray(0, 5)
  if (first === undefined) return null
  const fewest = fewestBytes[first >> 4]
  if (fewest === undefined) throw new ProtocolFault(PROTOCOL_ERROR, `a packet of type ${first >> 4}`)
  const last = rest.findIndex((byte) => byte < 0x80)
  if (last < 0 && rest.length === 4)
    throw new ProtocolFault(MALFORMED_PACKET, 'the remaining length has more than four bytes')
  if (last < 0) return null
  if (last > 0 && rest[last] === 0)
    throw new ProtocolFault(MALFORMED_PACKET, 'the remaining length is longer than it needs to be')
  const remaining = rest.slice(0, last + 1).reduceRight((sum, byte) => sum * 128 + (byte & 0x7f), 0)
  if (remaining < fewest) throw new ProtocolFault(MALFORMED_PACKET, 'a packet is too short')
  const size = 2 + last + remaining
  if (size > maximumPacketSize)
    throw new ProtocolFault(
      PACKET_TOO_LARGE,
      `a packet of ${size} bytes, our maximum is ${maximumPacketSize}`,
    )
  return size
}
