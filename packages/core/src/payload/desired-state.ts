import { isJsonValue, isObject, type JsonValue, parseJson } from '../json.ts'
import type { PayloadFault } from './acknowledgement.ts'
import { isKnownVersion } from './version.ts'

/** A desired state as the cloud sent it (DES-1). */
export interface DesiredState {
  readonly desiredId: string
  readonly value: JsonValue
  /** The execution window in seconds, from receipt (DES-2). */
  readonly validForSeconds: number
  /** Server time, for diagnostics only (DES-2). */
  readonly expiresAt: JsonValue
  readonly sequenceNumber: number
}

/** A century: longer windows are no windows, and would leave the numbers that a clock can count. */
const maxWindowSeconds = 100 * 366 * 24 * 3600

/** Reads a desired state's payload; a fault names the field and, where it could be read, the command (DES-10). */
export function readDesiredState(
  payload: string,
): { ok: true; desired: DesiredState } | ({ ok: false; desiredId: string | null } & PayloadFault) {
  const parsed = parseJson(payload)
  if (!parsed.ok) return fault(null, 'payload', `The desired state ${parsed.complaint}.`)
  if (!isObject(parsed.value)) return fault(null, 'payload', 'The desired state is not a JSON object.')
  const {
    version,
    desired_id: desiredId,
    value,
    valid_for_seconds: validForSeconds,
    expires_at: expiresAt,
    sequence_number: sequenceNumber,
  } = parsed.value
  if (typeof desiredId !== 'string' || desiredId === '')
    return fault(null, 'desired_id', 'desired_id is not text.')
  if (!isKnownVersion(version))
    return fault(desiredId, 'version', 'The desired state has a version this firmware does not know.')
  if (value === undefined) return fault(desiredId, 'value', 'value is missing.')
  if (!isJsonValue(value)) return fault(desiredId, 'value', 'value is nested too deeply.')
  if (typeof validForSeconds !== 'number' || validForSeconds < 0 || validForSeconds > maxWindowSeconds)
    return fault(desiredId, 'valid_for_seconds', 'valid_for_seconds is not a number of seconds.')
  if (expiresAt === undefined) return fault(desiredId, 'expires_at', 'expires_at is missing.')
  if (typeof sequenceNumber !== 'number' || !Number.isSafeInteger(sequenceNumber))
    return fault(desiredId, 'sequence_number', 'sequence_number is not a whole number.')
  return { ok: true, desired: { desiredId, value, validForSeconds, expiresAt, sequenceNumber } }
}

function fault(
  desiredId: string | null,
  field: string,
  message: string,
): { ok: false; desiredId: string | null } & PayloadFault {
  return { ok: false, desiredId, field, message }
}
