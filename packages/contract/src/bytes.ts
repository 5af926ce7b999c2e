/** Bytes that do not repeat within any window that a stream could be cut at; another seed gives others. */
export function patternBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let word = (seed * 2_654_435_761 + 1) >>> 0
  for (let at = 0; at < length; at++) {
    // Marsaglia's xorshift.
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    bytes[at] = word & 0xff
  }
  return bytes
}

/** The pieces as one. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

/** Where and how two texts of bytes differ; null where they are equal. */
export function differenceOf(actual: Uint8Array, expected: Uint8Array): string | null {
  const end = Math.min(actual.length, expected.length)
  for (let at = 0; at < end; at++)
    if (actual[at] !== expected[at])
      return `byte ${at} of ${expected.length} is ${actual[at]} and should be ${expected[at]}`
  if (actual.length === expected.length) return null
  return `${actual.length} bytes came, and ${expected.length} were sent`
}

/** ASCII text as bytes. By hand, because not every engine has TextEncoder. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Text as UTF-8. By hand for the same reason. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes: number[] = []
  for (const letter of text) {
    const point = letter.codePointAt(0) ?? 0
    const more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
    bytes.push(more === 0 ? point : ((0xff00 >> (more + 1)) & 0xff) | (point >> (6 * more)))
    for (let rest = more - 1; rest >= 0; rest--) bytes.push(0x80 | ((point >> (6 * rest)) & 0x3f))
  }
  return Uint8Array.from(bytes)
}
