import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { SandboxDevice } from './device.ts'
import type { CommandOutcome } from './entries.ts'

/** A valid feed-data payload (PUB-3, PUB-5, PUB-6). */
export interface FeedData {
  messageId: string
  desiredId: string | undefined
  sequenceNumber: number | undefined
  /** The outcome of a command; undefined for a local event. */
  outcome: CommandOutcome | undefined
  value: string
  /** Equal for payloads of equal content, whatever the order of their fields. */
  fingerprint: string
}

/** What could be read of an invalid payload, and what is wrong with it. */
export interface InvalidFeedData {
  error: { type: string; message: string }
  messageId: string | null
  desiredId: string | undefined
  sequenceNumber: number | undefined
}

const messageId = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable characters'))
const sequenceNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const instant = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, 'must be ISO 8601 in UTC'),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'must be a date that exists'),
)
const schema = v.looseObject({
  message_id: messageId,
  value: v.string('must be a JSON string'),
  value_received_at: instant,
  desired_id: v.optional(v.pipe(v.string(), v.regex(/^des_[0-9a-z]{26}$/))),
  report_status: v.optional(v.picklist(['applied', 'rejected', 'stale', 'reported'])),
  sequence_number: v.optional(sequenceNumber),
})

/** Reads a payload, and checks it against the command that it answers. */
export function readFeedData(
  payload: Uint8Array,
  device: SandboxDevice,
  route: string,
  knowsCommand: (route: string, desiredId: string) => boolean,
): FeedData | InvalidFeedData {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return invalid(undefined, 'malformed_json', 'The payload is not JSON in UTF-8.')
  }
  const parsed = v.safeParse(schema, json)
  if (!parsed.success) {
    const [issue] = parsed.issues
    return invalid(json, 'invalid_payload', `${v.getDotPath(issue) ?? 'payload'}: ${issue.message}`)
  }
  const { desired_id: desiredId, report_status: status } = parsed.output
  if (desiredId === undefined && status !== undefined && status !== 'reported') {
    return invalid(json, 'invalid_report_status', `report_status "${status}" needs a desired_id.`)
  }
  if (desiredId !== undefined && status === 'reported') {
    return invalid(json, 'invalid_report_status', 'report_status "reported" is for local changes only.')
  }
  if (desiredId !== undefined && device.routes[route]?.sourceType === 'sensor') {
    return invalid(json, 'invalid_desired_id', 'A sensor route answers no desired state.')
  }
  if (desiredId !== undefined && !knowsCommand(route, desiredId)) {
    return invalid(json, 'unknown_desired_id', 'This desired_id was never sent on this route.')
  }
  return {
    messageId: parsed.output.message_id,
    desiredId,
    sequenceNumber: parsed.output.sequence_number,
    outcome: desiredId === undefined || status === 'reported' ? undefined : (status ?? 'applied'),
    value: parsed.output.value,
    fingerprint: createHash('sha256').update(canonical(json)).digest('hex'),
  }
}

/** The `message_id` of a payload, valid or not; null where none can be read. */
export function messageIdIn(payload: Uint8Array): string | null {
  try {
    return readable(JSON.parse(new TextDecoder().decode(payload)), 'message_id', messageId) ?? null
  } catch {
    return null
  }
}

function invalid(json: unknown, type: string, message: string): InvalidFeedData {
  return {
    error: { type, message },
    messageId: readable(json, 'message_id', messageId) ?? null,
    desiredId: readable(json, 'desired_id', v.string()),
    sequenceNumber: readable(json, 'sequence_number', sequenceNumber),
  }
}

function readable<T>(json: unknown, key: string, of: v.GenericSchema<unknown, T>): T | undefined {
  const object = v.safeParse(v.record(v.string(), v.unknown()), json)
  const value = object.success ? v.safeParse(of, object.output[key]) : undefined
  return value?.success ? value.output : undefined
}

function canonical(json: unknown): string {
  return JSON.stringify(json, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
