// UTF-8 as MQTT 5 section 1.5.4 wants it. By hand, because a pure package cannot count on TextEncoder.

/** The most bytes that a string or a binary field can have on the wire (sections 1.5.4 and 1.5.6). */
export const MAXIMUM_FIELD_BYTES = 65_535

/** The bytes of a string; a lone surrogate becomes U+FFFD, as everywhere in JavaScript. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let end = 0
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index) ?? 0
    if (point < 0x80) {
      bytes[end++] = point
    } else if (point < 0x800) {
      bytes[end++] = 0xc0 | (point >> 6)
      bytes[end++] = 0x80 | (point & 0x3f)
    } else if (point < 0x10000) {
      const scalar = isSurrogate(point) ? 0xfffd : point
      bytes[end++] = 0xe0 | (scalar >> 12)
      bytes[end++] = 0x80 | ((scalar >> 6) & 0x3f)
      bytes[end++] = 0x80 | (scalar & 0x3f)
    } else {
      bytes[end++] = 0xf0 | (point >> 18)
      bytes[end++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[end++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[end++] = 0x80 | (point & 0x3f)
      index++
    }
  }
  return bytes.slice(0, end)
}

/** Whether a string may be sent as an MQTT string: no lone surrogate and no U+0000 (MQTT-1.5.4-1, MQTT-1.5.4-2). */
export function isMqttString(text: string): boolean {
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text)
}

/** Whether `bytes` from `start` to `end` are a well-formed MQTT string. */
export function isMqttStringBytes(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    const lead = bytes[at] ?? 0
    if (lead > 0 && lead < 0x80) {
      at++
      continue
    }
    const length = sequenceLength(lead)
    if (length === 0 || at + length > end) return false
    let point = length === 1 ? lead : lead & (0xff >> (length + 1))
    for (let index = 1; index < length; index++) {
      const byte = bytes[at + index] ?? 0
      if ((byte & 0xc0) !== 0x80) return false
      point = (point << 6) | (byte & 0x3f)
    }
    if (point === 0 || isSurrogate(point) || point > 0x10ffff || point < smallestPoint(length)) return false
    at += length
  }
  return true
}

// The smallest code point that needs this many bytes: a longer form than needed is malformed.
function smallestPoint(length: number): number {
  if (length === 1) return 0
  if (length === 2) return 0x80
  return length === 3 ? 0x800 : 0x10000
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1
  if ((lead & 0xe0) === 0xc0) return 2
  if ((lead & 0xf0) === 0xe0) return 3
  return (lead & 0xf8) === 0xf0 ? 4 : 0
}

function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff
}
