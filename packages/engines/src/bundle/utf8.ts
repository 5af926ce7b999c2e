/** The text of well-formed UTF-8 bytes; null of others. The engines share no other decoder than this of ECMAScript. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return decodeURIComponent(Array.from(bytes, (byte) => `%${hexByte(byte)}`).join(''))
  } catch {
    return null
  }
}

/** Bytes as hexadecimal text. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexByte(byte)
  return text
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hexByte(byte: number): string {
  return HEX[byte] ?? ''
}
