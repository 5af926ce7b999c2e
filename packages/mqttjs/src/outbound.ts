import type { Limits } from './connack.ts'

/** The most bytes that a topic can have on the wire (MQTT 5 section 1.5.4). */
const MAXIMUM_TOPIC_BYTES = 65_535

/**
 * Why a message cannot be sent, as the reason code with which a broker would have answered (PUB-7, PUB-8): MQTT.js looks
 * at none of this. Null where it can.
 */
export function publishRefusal(
  topic: string,
  payload: string,
  waiting: number,
  limits: Limits,
): number | null {
  if (!isTopic(topic) || hasWildcard(topic)) return 0x90
  if (!limits.takesQoS1) return 0x9b
  const { maximumPacketSize, receiveMaximum } = limits
  // Topic with its length, packet identifier, no properties, payload.
  const remaining = 2 + Buffer.byteLength(topic) + 2 + 1 + Buffer.byteLength(payload)
  if (maximumPacketSize !== null && packetSize(remaining) > maximumPacketSize) return 0x95
  return waiting >= receiveMaximum ? 0x97 : null
}

/** The same for SUBSCRIBE (MQTT 5 section 3.9.3). */
export function subscribeRefusal(topics: readonly string[], limits: Limits): number | null {
  if (topics.length === 0 || !topics.every(isFilter)) return 0x8f
  if (!limits.takesWildcards && topics.some(hasWildcard)) return 0xa2
  if (!limits.takesSharedSubscriptions && topics.some((topic) => topic.startsWith('$share/'))) return 0x9e
  const { maximumPacketSize } = limits
  const remaining = topics.reduce((sum, topic) => sum + 2 + Buffer.byteLength(topic) + 1, 2 + 1)
  return maximumPacketSize !== null && packetSize(remaining) > maximumPacketSize ? 0x83 : null
}

/** Whether a topic has a wildcard character (MQTT 5 section 4.7.1). */
export function hasWildcard(topic: string): boolean {
  return /[+#]/.test(topic)
}

function isFilter(topic: string): boolean {
  if (!isTopic(topic)) return false
  const levels = topic.split('/')
  return levels.every((level, index) =>
    level === '#' ? index === levels.length - 1 : level === '+' || !hasWildcard(level),
  )
}

function isTopic(topic: string): boolean {
  const isText = topic !== '' && !topic.includes('\u0000') && !/\p{Surrogate}/u.test(topic)
  return isText && Buffer.byteLength(topic) <= MAXIMUM_TOPIC_BYTES
}

function packetSize(remaining: number): number {
  const lengthBytes = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4
  return 1 + lengthBytes + remaining
}
