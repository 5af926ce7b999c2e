import { encodeUtf8, isMqttString, MAXIMUM_FIELD_BYTES } from './utf8.ts'

/** Whether a name can be published to: not empty, no wildcard, a valid MQTT string (MQTT 5 section 4.7). */
export function isTopicName(topic: string): boolean {
  return isTopicString(topic) && !topic.includes('+') && !topic.includes('#')
}

/** Whether a filter can be subscribed to: wildcards only as whole levels, `#` only as the last (section 4.7.1). */
export function isTopicFilter(filter: string): boolean {
  if (!isTopicString(filter)) return false
  const levels = filter.split('/')
  return levels.every((level, index) => {
    if (level === '+') return true
    if (level === '#') return index === levels.length - 1
    return !level.includes('+') && !level.includes('#')
  })
}

/** Whether a filter has a wildcard level. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#')
}

/** Whether a filter is a shared subscription (section 4.8.2). */
export function isShared(filter: string): boolean {
  return filter.startsWith('$share/')
}

function isTopicString(topic: string): boolean {
  return topic.length > 0 && isMqttString(topic) && encodeUtf8(topic).length <= MAXIMUM_FIELD_BYTES
}
