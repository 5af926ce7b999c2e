import { encodeUtf8, isMqttString, MAXIMUM_FIELD_BYTES } from './utf8.ts'

/** Whether a name can be published to: not empty, no wildcard, a valid MQTT string (MQTT 5 section 4.7). */
export function isTopicName(topic: string): boolean {
  return isTopicString(topic) && !hasWildcard(topic)
}

/** Whether a filter can be subscribed to: wildcards only as whole levels, `#` only as the last (section 4.7.1). */
export function isTopicFilter(filter: string): boolean {
  if (!isTopicString(filter)) return false
  const levels = filter.split('/')
  return levels.every((level, index) => {
    if (level === '+') return true
    if (level === '#') return index === levels.length - 1
    return !hasWildcard(level)
  })
}

/** Whether a topic, or a level of one, has a wildcard character. */
export function hasWildcard(topic: string): boolean {
  return topic.includes('+') || topic.includes('#')
}

/** Whether a filter is a shared subscription (section 4.8.2). */
export function isShared(filter: string): boolean {
  return filter.startsWith('$share/')
}

function isTopicString(topic: string): boolean {
  return topic.length > 0 && isMqttString(topic) && fitsField(topic)
}

// A character of UTF-16 has at most three bytes: only a topic that comes near the limit must be encoded to know.
function fitsField(topic: string): boolean {
  return topic.length * 3 <= MAXIMUM_FIELD_BYTES || encodeUtf8(topic).length <= MAXIMUM_FIELD_BYTES
}
