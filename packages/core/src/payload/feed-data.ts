import type { DeviceConfig } from '../config.ts'
import type { CommandOutcome, ReportRefusal } from '../effect.ts'
import type { Observation } from '../event.ts'
import { isJsonValue } from '../json.ts'
import { isUtcInstant } from './utc-instant.ts'

/** The desired state that a report answers (PUB-5). */
export interface Answer {
  readonly desiredId: string
  readonly outcome: CommandOutcome
  readonly sequenceNumber: number | null
}

/** Why an observation makes no report: a code, the field of the observation, a sentence. */
export interface ObservationFault {
  readonly code: ReportRefusal
  readonly field: 'messageId' | 'value' | 'valueReceivedAt'
  readonly message: string
}

const visibleAscii = /^[\x21-\x7e]{1,128}$/

/** The JSON text of one feed-data message, or what is wrong with the observation (PUB-3, PUB-5, PUB-6). */
export function writeFeedData(
  config: DeviceConfig,
  observation: Observation,
  answer: Answer | null,
): { ok: true; payload: string } | ({ ok: false } & ObservationFault) {
  const { messageId, value, valueReceivedAt } = observation
  if (typeof messageId !== 'string' || !visibleAscii.test(messageId))
    return fault('message-id-invalid', 'messageId', 'A message id is 1 to 128 visible ASCII characters.')
  if (config.valueContract === 'string' ? typeof value !== 'string' : !isJsonValue(value))
    return fault(
      'value-invalid',
      'value',
      config.valueContract === 'string' ? 'A value is a string.' : 'A value is one that JSON can carry.',
    )
  if (typeof valueReceivedAt !== 'string' || !isUtcInstant(valueReceivedAt))
    return fault(
      'value-received-at-invalid',
      'valueReceivedAt',
      'A time of observation is ISO 8601 UTC, such as 2026-04-29T10:00:01Z.',
    )
  const payload = JSON.stringify({
    message_id: messageId,
    value,
    value_received_at: valueReceivedAt,
    ...(answer === null ? {} : answerFields(answer)),
  })
  if (payload.length > config.limits.maxPayloadCharacters)
    return fault(
      'too-large',
      'value',
      `A payload has at most ${config.limits.maxPayloadCharacters} characters.`,
    )
  return { ok: true, payload }
}

/** `report_status` is left out for `applied`, the default (PUB-5). */
function answerFields({ desiredId, outcome, sequenceNumber }: Answer) {
  return {
    desired_id: desiredId,
    ...(outcome === 'applied' ? {} : { report_status: outcome }),
    ...(sequenceNumber === null ? {} : { sequence_number: sequenceNumber }),
  }
}

function fault(
  code: ReportRefusal,
  field: ObservationFault['field'],
  message: string,
): { ok: false } & ObservationFault {
  return { ok: false, code, field, message }
}
