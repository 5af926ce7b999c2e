import { ProtocolFault } from './errors.ts'
import { ReasonCode } from './reason-codes.ts'

/** One whole MQTT packet. */
export interface Frame {
  readonly bytes: Uint8Array
  /** Where the variable header begins: after the packet type and the remaining length. */
  readonly bodyStart: number
}

/** Cuts an inbound byte stream into packets (MQTT 5 section 2.1), however it is chunked. */
export interface Framer {
  /** The packets that these bytes complete. Throws ProtocolFault; after that the framer is spent. */
  push(bytes: Uint8Array): Generator<Frame, void, void>
}

/**
 * At most one packet of `maximumPacketSize` is ever held: a larger one is a fault as soon as its length is known.
 * `checkFirstByte` sees each packet's first byte, as soon as it is there, and may throw ProtocolFault.
 */
export function createFramer(maximumPacketSize: number, checkFirstByte: (byte: number) => void): Framer {
  let header: number[] = []
  let partial: { frame: Frame; filled: number } | undefined

  function* push(bytes: Uint8Array): Generator<Frame, void, void> {
    let at = 0
    while (at < bytes.length) {
      if (partial === undefined) {
        const byte = bytes[at++] ?? 0
        header.push(byte)
        if (header.length === 1) {
          checkFirstByte(byte)
          continue
        }
        if ((byte & 0x80) !== 0) {
          if (header.length === 5) throw malformed('the remaining length has more than four bytes')
          continue
        }
        partial = { frame: begin(header, maximumPacketSize), filled: header.length }
        header = []
      }
      const { frame, filled } = partial
      const taken = Math.min(frame.bytes.length - filled, bytes.length - at)
      frame.bytes.set(bytes.subarray(at, at + taken), filled)
      at += taken
      partial.filled += taken
      if (partial.filled === frame.bytes.length) {
        partial = undefined
        yield frame
      }
    }
  }

  return { push }
}

function begin(header: readonly number[], maximumPacketSize: number): Frame {
  let remaining = 0
  for (let index = header.length - 1; index > 0; index--)
    remaining = remaining * 128 + ((header[index] ?? 0) & 0x7f)
  if (header.length > 2 && header[header.length - 1] === 0) {
    throw malformed('the remaining length is longer than it needs to be')
  }
  const size = header.length + remaining
  if (size > maximumPacketSize) {
    throw new ProtocolFault(
      ReasonCode.packetTooLarge,
      `a packet of ${size} bytes is larger than our maximum of ${maximumPacketSize}`,
    )
  }
  const bytes = new Uint8Array(size)
  bytes.set(header)
  return { bytes, bodyStart: header.length }
}

function malformed(detail: string): ProtocolFault {
  return new ProtocolFault(ReasonCode.malformedPacket, detail)
}
