/** Bytes of a text in UTF-8; a lone surrogate counts as the replacement character that stands for it. */
export function utf8Bytes(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}

/** Bytes of a whole PUBLISH of QoS 1 without properties (MQTT 5 section 3.3). */
export function publishBytes(topic: string, payload: string): number {
  const remainingLength = 2 + utf8Bytes(topic) + 2 + 1 + utf8Bytes(payload)
  return 1 + lengthBytes(remainingLength) + remainingLength
}

/** Bytes of a variable byte integer (MQTT 5 section 1.5.5). */
function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4
}
