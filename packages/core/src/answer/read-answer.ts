import * as v from 'valibot'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { CallEffect, CallPurpose } from '../effect.ts'
import type { CallEvent, CallFailure } from '../event.ts'
import { isObject, type JsonValue, parseJson } from '../json.ts'
import { type Fault, validate } from '../validate.ts'

/** An HTTP answer as it came: status, `Retry-After` in seconds, body text. */
export interface HttpAnswer {
  readonly status: number
  readonly retryAfterSeconds: number | null
  readonly body: string
}

/** A secret out of an answer, to be kept by the host under the call's id, in memory only (CRED-3). */
export interface IssuedSecret {
  readonly secret: string
  readonly value: string
}

/** What an answer comes to: the event for the machine, and the secret that the event does not hold. */
export interface ReadAnswer {
  readonly event: CallEvent
  readonly secret: IssuedSecret | null
}

/** A whole second at least: a shorter life would be renewed in a hot loop (CRED-6). A century at most. */
const lifetimeSeconds = v.pipe(
  v.number(),
  v.minValue(1, 'is less than 1 second'),
  v.maxValue(100 * 366 * 24 * 3600, 'is more than a century'),
)
const text = v.pipe(v.string(), v.nonEmpty('is empty'))

const tokenBody = v.object({
  access_token: text,
  token_type: v.pipe(v.string(), v.regex(/^bearer$/i, 'is not Bearer')),
  expires_in: lifetimeSeconds,
  renew_after: v.nullish(lifetimeSeconds),
})

const tupleBody = v.object({
  mqtt: v.object({
    mqtt_client_id: text,
    mqtt_username: text,
    mqtt_credential: text,
    scopes: v.array(v.string()),
    expires_in: lifetimeSeconds,
    // Missing or senseless, they are left to the machine, which clamps them with a diagnostic (CRED-6).
    renew_after: v.fallback(v.nullable(lifetimeSeconds), null),
    session_hard_expires_in: v.fallback(v.nullable(lifetimeSeconds), null),
  }),
})

/**
 * Reads the answer to an HTTPS call: the one door between HTTP and the machine. HTTP status and the body's `code`
 * are both checked (CAT-6); a malformed body is a failure that names the field (CAT-7); secrets are taken out and
 * handed back beside the event (CRED-3). Never throws.
 */
export function readAnswer(call: Pick<CallEffect, 'call' | 'purpose'>, answer: HttpAnswer): ReadAnswer {
  const { status } = answer
  const parsed = parseJson(answer.body)
  const body = parsed.ok ? parsed.value : null
  const code = codeOf(body)
  if (status === 429 || code === 4029)
    return failed(call, 'busy', `HTTP ${status}: too many requests`, answer)
  // Request timeout and too early say nothing of the device.
  if (status >= 500 || status === 408 || status === 425)
    return failed(call, 'server', `HTTP ${status}`, answer)
  if (typeof code === 'number' && code >= 5000)
    return failed(call, 'server', `HTTP ${status}, code ${code}`, answer)
  if (status < 200 || status >= 400)
    return { event: { type: 'callRefused', call: call.call, status, code }, secret: null }
  if (status >= 300) return failed(call, 'server', `HTTP ${status}: redirects are not followed`, answer)
  if (typeof code === 'number' && code !== 2000)
    return { event: { type: 'callRefused', call: call.call, status, code }, secret: null }
  if (call.purpose === 'revoke') return { event: { type: 'tokenRevoked', call: call.call }, secret: null }
  if (!parsed.ok) return malformed(call, { field: 'body', message: `body ${parsed.complaint}.` })
  return readers[call.purpose](call, parsed.value)
}

/** The event of a call that brought no answer at all. `detail` is for people and must hold no secret. */
export function callFailed(call: Pick<CallEffect, 'call'>, failure: CallFailure, detail: string): CallEvent {
  return callFailedEvent(call, failure, detail)
}

const readers: {
  [purpose in Exclude<CallPurpose, 'revoke'>]: (
    call: Pick<CallEffect, 'call' | 'purpose'>,
    body: JsonValue,
  ) => ReadAnswer
} = {
  token: (call, body) => {
    const read = validate(tokenBody, body)
    if (!read.ok) return malformed(call, read)
    const { access_token, expires_in, renew_after } = read.value
    return {
      event: {
        type: 'tokenIssued',
        call: call.call,
        expiresInMs: expires_in * 1000,
        renewAfterMs: toMs(renew_after),
      },
      secret: { secret: call.call, value: access_token },
    }
  },
  catalog: (call, body) => {
    const read = readCatalog(body)
    if (!read.ok) return malformed(call, read)
    return { event: { type: 'catalogRead', call: call.call, catalog: read.catalog }, secret: null }
  },
  credential: (call, body) => {
    const read = validate(tupleBody, body)
    if (!read.ok) return malformed(call, read)
    const { mqtt } = read.value
    return {
      event: {
        type: 'tupleIssued',
        call: call.call,
        clientId: mqtt.mqtt_client_id,
        username: mqtt.mqtt_username,
        scopes: mqtt.scopes,
        expiresInMs: mqtt.expires_in * 1000,
        renewAfterMs: toMs(mqtt.renew_after),
        sessionHardExpiresInMs: toMs(mqtt.session_hard_expires_in),
      },
      secret: { secret: call.call, value: mqtt.mqtt_credential },
    }
  },
}

function toMs(seconds: number | null | undefined): number | null {
  return seconds == null ? null : seconds * 1000
}

/** The body's `code` (CAT-6), or OAuth's `error`; null where it has neither. */
function codeOf(body: JsonValue): number | string | null {
  if (body === null || !isObject(body)) return null
  const { code, error } = body
  if (typeof code === 'number') return Number.isFinite(code) ? code : null
  return typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : null
}

function failed(
  call: Pick<CallEffect, 'call'>,
  failure: CallFailure,
  detail: string,
  answer: HttpAnswer,
): ReadAnswer {
  const { retryAfterSeconds } = answer
  const isUsable = typeof retryAfterSeconds === 'number' && Number.isFinite(retryAfterSeconds * 1000)
  const retryAfterMs = isUsable ? Math.max(0, retryAfterSeconds) * 1000 : null
  return { event: { ...callFailedEvent(call, failure, detail), retryAfterMs }, secret: null }
}

function malformed(call: Pick<CallEffect, 'call' | 'purpose'>, { field, message }: Fault): ReadAnswer {
  const detail = `its answer is not usable: ${message}`
  return { event: { ...callFailedEvent(call, 'malformed', detail), field }, secret: null }
}

function callFailedEvent(call: Pick<CallEffect, 'call'>, failure: CallFailure, detail: string) {
  return { type: 'callFailed', call: call.call, failure, detail, field: null, retryAfterMs: null } as const
}
