const HEX = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).padStart(2, '0')}`)

/**
 * The text of UTF-8 bytes; null where they are not well-formed. ECMAScript's own `decodeURIComponent` refuses every
 * malformed sequence, and is in every engine, where TextDecoder is not.
 */
export function decodeUtf8(bytes: Uint8Array): string | null {
  let encoded = ''
  for (const byte of bytes) encoded += HEX[byte]
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}
