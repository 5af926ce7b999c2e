import type { JsonValue } from '@realer-device/core'

/** A JSON object's fields, or null where the text is none. */
export function fieldsOf(text: string): { readonly [name: string]: JsonValue | undefined } | null {
  try {
    const value = JSON.parse(text) as JsonValue
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { readonly [name: string]: JsonValue })
      : null
  } catch {
    return null
  }
}

/** An application acknowledgement (ACK-1); null where it is none that a device understands (ACK-6). */
export function acknowledgementIn(payload: string) {
  const { version, status, retryable, message_id: messageId, error } = fieldsOf(payload) ?? {}
  if (!isVersionOne(version) || typeof messageId !== 'string' || messageId === '') return null
  if (typeof retryable !== 'boolean' || typeof status !== 'string' || !statuses.includes(status)) return null
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : null
  return { messageId, status, retryable, errorType: typeof type === 'string' ? type : null }
}

const statuses = ['accepted', 'replayed', 'conflict', 'rejected', 'error']

/** A desired state (DES-1), or what could be read of one that is malformed (DES-10). */
export type DesiredReading =
  | {
      readonly kind: 'desired'
      readonly id: string
      readonly value: JsonValue
      readonly windowMs: number
      readonly expiresAt: JsonValue
      readonly sequence: number
    }
  | { readonly kind: 'malformed'; readonly id: string | null }

const centurySeconds = 100 * 366 * 24 * 3600

/** Reads a desired state's payload. */
export function desiredIn(payload: string): DesiredReading {
  const {
    version,
    desired_id: id,
    value,
    valid_for_seconds: seconds,
    expires_at: expiresAt,
    sequence_number: sequence,
  } = fieldsOf(payload) ?? {}
  if (typeof id !== 'string' || id === '') return { kind: 'malformed', id: null }
  const malformed: DesiredReading = { kind: 'malformed', id }
  if (!isVersionOne(version) || value === undefined || depthOf(value) > 64 || expiresAt === undefined)
    return malformed
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= centurySeconds)) return malformed
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence)) return malformed
  return { kind: 'desired', id, value, windowMs: seconds * 1000, expiresAt, sequence }
}

function isVersionOne(version: JsonValue | undefined): boolean {
  return version === 1 || (typeof version === 'string' && /^v?1(\.\d+)*$/.test(version))
}

/** How many levels of lists and objects a value has. A text can hold more than a stack can walk: it stops in time. */
export function depthOf(value: unknown, limit = 70): number {
  if (typeof value !== 'object' || value === null || limit === 0) return 0
  return 1 + Math.max(0, ...Object.values(value).map((inner) => depthOf(inner, limit - 1)))
}

/** Whether two JSON values are the same, whatever the order of their fields. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every(
    (name) => Object.hasOwn(b, name) && isSameJson(a[name as keyof typeof a], b[name as keyof typeof b]),
  )
}

/** Bytes of a text in UTF-8. */
export function bytesOf(text: string): number {
  let bytes = 0
  for (const letter of text) {
    const point = letter.codePointAt(0) ?? 0
    bytes += 1 + Number(point > 0x7f) + Number(point > 0x7ff) + Number(point > 0xffff)
  }
  return bytes
}

/** Bytes of a whole PUBLISH of QoS 1 without properties (MQTT 5 section 3.3): the least that it can be. */
export function packetBytes(topic: string, payload: string): number {
  const rest = 2 + bytesOf(topic) + 2 + 1 + bytesOf(payload)
  const lengthBytes = 1 + Number(rest > 127) + Number(rest > 16_383) + Number(rest > 2_097_151)
  return 1 + lengthBytes + rest
}

/** Whether a text is an instant of ISO 8601 in UTC, on a day that exists (PUB-3). */
export function isUtcInstant(text: unknown): boolean {
  if (typeof text !== 'string') return false
  const parts =
    /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?Z$/.exec(text) ?? []
  const [year, month, day] = parts.slice(1, 4).map(Number)
  if (year === undefined || month === undefined || day === undefined) return false
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

/** An instant of ISO 8601 in UTC as milliseconds since 1970; NaN where the text is none. */
export function instantMs(text: unknown): number {
  if (typeof text !== 'string' || !isUtcInstant(text)) return Number.NaN
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = text
    .slice(0, -1)
    .split(/[-T:]/)
    .map(Number)
  let days = day - 1
  for (let before = 1; before < month; before += 1) days += daysIn(year, before)
  const past = year - 1
  days += past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - daysBefore1970
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000
}

/** Days of the Gregorian calendar before 1970. */
const daysBefore1970 = 719_162

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  if (month === 2) return isLeap ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
