/** The packets that a session path waits for, by the first four bits of their fixed header (MQTT 5 section 2.1.2). */
export const packetTypes = {
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  disconnect: 14,
} as const

/** The type of a packet. */
export type PacketType = (typeof packetTypes)[keyof typeof packetTypes]

/** The type in a packet's first byte. */
export function typeOf(packet: Uint8Array): number {
  return (packet[0] ?? 0) >> 4
}

/** Cuts a stream of bytes into whole MQTT packets; what is not whole yet waits for the rest. */
export function createPacketCutter(): (bytes: Uint8Array) => Uint8Array[] {
  let rest: Uint8Array = new Uint8Array()
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    const packets: Uint8Array[] = []
    for (let length = packetLength(rest); length !== null && length <= rest.length; ) {
      packets.push(rest.slice(0, length))
      rest = rest.slice(length)
      length = packetLength(rest)
    }
    return packets
  }
}

/** The length of the packet at the beginning, fixed header included; null where the header is not whole (section 2.1.4). */
function packetLength(bytes: Uint8Array): number | null {
  let remaining = 0
  for (let at = 1; at <= 4; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return null
    remaining += (byte & 0x7f) * 128 ** (at - 1)
    if (byte < 0x80) return 1 + at + remaining
  }
  throw new Error('a remaining length of more than four bytes')
}
