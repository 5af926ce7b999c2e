import { isObject, type JsonObject, parseJson } from '../json.ts'
import { isKnownVersion } from './version.ts'

/** The statuses of an application acknowledgement (ACK-2, ACK-3). */
export const acknowledgementStatuses = ['accepted', 'replayed', 'conflict', 'rejected', 'error'] as const

/** One status of an application acknowledgement. */
export type AcknowledgementStatus = (typeof acknowledgementStatuses)[number]

/** An application acknowledgement, reduced to what decides (ACK-1). */
export interface Acknowledgement {
  readonly messageId: string
  readonly status: AcknowledgementStatus
  readonly retryable: boolean
  readonly errorType: string | null
}

/** What is wrong with a payload: the field, and a sentence. */
export interface PayloadFault {
  readonly field: string
  readonly message: string
}

/** Reads an acknowledgement's payload; a fault names the field (ACK-6). */
export function readAcknowledgement(
  payload: string,
): { ok: true; acknowledgement: Acknowledgement } | ({ ok: false } & PayloadFault) {
  const parsed = parseJson(payload)
  if (!parsed.ok) return fault('payload', `The acknowledgement ${parsed.complaint}.`)
  if (!isObject(parsed.value)) return fault('payload', 'The acknowledgement is not a JSON object.')
  const { version, status, retryable, message_id: messageId, error } = parsed.value
  if (!isKnownVersion(version))
    return fault('version', 'The acknowledgement has a version this firmware does not know.')
  if (typeof messageId !== 'string' || messageId === '') return fault('message_id', 'message_id is not text.')
  const known = acknowledgementStatuses.find((candidate) => candidate === status)
  if (known === undefined)
    return fault('status', 'The acknowledgement has a status this firmware does not know.')
  if (typeof retryable !== 'boolean') return fault('retryable', 'retryable is not true or false.')
  return { ok: true, acknowledgement: { messageId, status: known, retryable, errorType: errorTypeOf(error) } }
}

function errorTypeOf(error: JsonObject[string] | undefined): string | null {
  if (error === undefined || !isObject(error)) return null
  return typeof error.type === 'string' ? error.type : null
}

function fault(field: string, message: string): { ok: false } & PayloadFault {
  return { ok: false, field, message }
}
