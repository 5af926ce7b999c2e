import { handledRoutes } from '../catalog/route-name.ts'
import type { CallEffect, CallPurpose } from '../effect.ts'
import type { CallEvent } from '../event.ts'
import { releaseDoubted } from '../report/decisions.ts'
import { backoffMs } from './backoff.ts'
import { diagnose, type Plan, takeId, update } from './plan.ts'
import { cancelTimer, setTimer } from './timers.ts'

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>

/** A tuple whose `renew_after` is of no use is renewed after this part of its lifetime (CRED-6). */
const renewalFraction = 0.75

/** Asks for a Bearer token (AUTH-2) with the scopes that this firmware needs (AUTH-3). */
export function callToken(plan: Plan): void {
  const { config } = plan.context
  const scopes = [
    'iot:catalog:read',
    'iot:mqtt:connect',
    'iot:mqtt:ack:read',
    'iot:mqtt:feed-data:write',
    ...(config.commandRoutes.length > 0 ? ['iot:mqtt:desired:read'] : []),
  ]
  startCall(plan, 'token', {
    method: 'POST',
    path: '/oauth/token',
    authorization: { scheme: 'basic', secret: 'client' },
    body: { kind: 'form', fields: { grant_type: 'client_credentials', scope: scopes.join(' ') } },
  })
}

/** Reads the MQTT catalog (CAT-1). */
export function callCatalog(plan: Plan): void {
  const { config, token } = plan.context
  startCall(plan, 'catalog', {
    method: 'GET',
    path: `/iot/v1/devices/${encodeURIComponent(String(config.deviceId))}/mqtt`,
    authorization: { scheme: 'bearer', secret: token?.secret ?? '' },
    body: { kind: 'none' },
  })
}

/** Asks for a CONNECT tuple with the catalog's own request, narrowed only where the host says so (CRED-1). */
export function callCredential(plan: Plan): void {
  const { config, catalog, token } = plan.context
  const endpoint = catalog?.credentialEndpoint
  if (endpoint == null) return
  const narrowed = config.credentialScopes
  const scopes = narrowed === null ? {} : { scopes: [...new Set(['iot:mqtt:connect', ...narrowed])] }
  startCall(plan, 'credential', {
    method: endpoint.method,
    path: endpoint.endpoint,
    authorization: { scheme: 'bearer', secret: token?.secret ?? '' },
    body: { kind: 'json', value: { ...endpoint.body, ...scopes } },
  })
}

/** Revokes the Bearer token at the end (AUTH-7). */
export function callRevoke(plan: Plan): void {
  const { token } = plan.context
  if (token === null) return
  startCall(plan, 'revoke', {
    method: 'POST',
    path: '/oauth/revoke',
    authorization: { scheme: 'basic', secret: 'client' },
    body: { kind: 'form', fields: { token: { secret: token.secret }, token_type_hint: 'access_token' } },
  })
}

function startCall(
  plan: Plan,
  purpose: CallPurpose,
  request: { path: string } & Pick<CallEffect, 'method' | 'authorization' | 'body'>,
): void {
  const { config } = plan.context
  const { path, ...rest } = request
  const call = takeId(plan, 'call')
  const timeoutMs = config.timing.callTimeoutMs
  update(plan, { call: { id: call, purpose } })
  plan.effects.push({ type: 'call', call, purpose, url: config.apiUrl + path, timeoutMs, ...rest })
  setTimer(plan, 'callTimeout', timeoutMs)
}

/** The outstanding call is answered: nothing of it is waited for any more. */
function endCall(plan: Plan): void {
  update(plan, { call: null })
  cancelTimer(plan, 'callTimeout')
}

/** Keeps the new token's times; the token itself is with the host (AUTH-4, CRED-3). */
export function keepToken(plan: Plan, event: EventOf<'tokenIssued'>): void {
  endCall(plan)
  forgetToken(plan)
  const lifetimeMs = Math.min(
    event.renewAfterMs ?? event.expiresInMs * plan.context.config.tokenRenewalFraction,
    event.expiresInMs,
  )
  update(plan, { token: { secret: event.call, dueAt: plan.now + lifetimeMs } })
}

/** Keeps the catalog (CAT-2). */
export function keepCatalog(plan: Plan, event: EventOf<'catalogRead'>): void {
  endCall(plan)
  update(plan, { catalog: event.catalog, catalogDue: false, tokenDoubted: false })
  releaseDoubted(plan)
  // A catalog without a credential request may not list its routes yet (CAT-4).
  if (event.catalog.credentialEndpoint === null) return
  const { config } = plan.context
  const handled = new Set(handledRoutes(config, event.catalog).map(({ name }) => name))
  // A misspelt name would otherwise be a handler that nobody ever calls.
  for (const name of config.commandRoutes)
    if (!handled.has(name))
      diagnose(plan, {
        level: 'warning',
        code: 'route-unknown',
        message: `The catalog has no one command route ${JSON.stringify(name)}: no commands come for it.`,
        field: 'commandRoutes',
        rule: 'CAT-5',
      })
}

/** Keeps the new tuple and sets its two timers, both from this moment on the monotonic clock (CRED-2, CRED-5). */
export function keepTuple(plan: Plan, event: EventOf<'tupleIssued'>): void {
  endCall(plan)
  const { timing } = plan.context.config
  const lifetimeMs = Math.min(event.expiresInMs, event.sessionHardExpiresInMs ?? event.expiresInMs)
  if (event.sessionHardExpiresInMs === null)
    diagnoseClamped(
      plan,
      'session_hard_expires_in',
      `is missing or not positive: ${lifetimeMs / 1000} s is used.`,
    )
  // A renewal that is due at once would loop, one that is due after the end would never come (CRED-6).
  const fallbackMs = lifetimeMs * renewalFraction
  const fits = event.renewAfterMs !== null && event.renewAfterMs < lifetimeMs
  const wishedMs = fits && event.renewAfterMs !== null ? event.renewAfterMs : fallbackMs
  const renewMs = Math.max(wishedMs, Math.min(timing.backoffFloorMs, fallbackMs))
  if (renewMs !== event.renewAfterMs) {
    const told = event.renewAfterMs === null ? 'nothing usable' : `${event.renewAfterMs / 1000} s`
    diagnoseClamped(
      plan,
      'renew_after',
      `is ${told}, in a lifetime of ${lifetimeMs / 1000} s: ${renewMs / 1000} s is used.`,
    )
  }
  forgetTuple(plan)
  update(plan, {
    tuple: {
      secret: event.call,
      clientId: event.clientId,
      username: event.username,
      scopes: event.scopes,
      expiresAt: plan.now + lifetimeMs,
      failed: false,
    },
    tokenDoubted: false,
  })
  setTimer(plan, 'renewTuple', renewMs)
  setTimer(plan, 'expireTuple', lifetimeMs)
  plan.signals.push({ type: 'tupleReady' })
}

function diagnoseClamped(plan: Plan, field: string, complaint: string): void {
  const message = `${field} ${complaint}`
  diagnose(plan, { level: 'warning', code: 'tuple-lifetime-clamped', message, field, rule: 'CRED-6' })
}

/** A 401: the token is thrown away and asked for once more (AUTH-5). */
export function doubtToken(plan: Plan): void {
  endCall(plan)
  forgetToken(plan)
  update(plan, { tokenDoubted: true })
}

/** The credential endpoint is gone: the catalog is read again, after a backoff (CAT-8, REC-4). */
export function doubtCatalogAfterCall(plan: Plan, event: EventOf<'callRefused'>): void {
  endCall(plan)
  update(plan, { catalogDue: true, callFailures: plan.context.callFailures + 1, callDelayMs: null })
  diagnoseRefusal(plan, event, 'CAT-8')
}

/** The broker refuses what the catalog says: it is read again before the next credential request (CAT-8). */
export function doubtCatalog(plan: Plan): void {
  update(plan, { catalogDue: true, callFailures: plan.context.callFailures + 1 })
}

/** The cloud said no: the wait is long, and the host is told to be safe (AUTH-6, SAFE-1). */
export function takeRefusal(plan: Plan, event: EventOf<'callRefused'>): void {
  endCall(plan)
  // A second 401 ends the doubt: the next attempt begins with a fresh token and a fresh right to renew it (AUTH-5).
  if (isUnauthorized(event)) forgetToken(plan)
  update(plan, { callDelayMs: plan.context.config.timing.slowRetryMs, tokenDoubted: false, catalogDue: true })
  diagnoseRefusal(plan, event, 'AUTH-6')
  plan.signals.push({ type: 'authorityLost', reason: 'refused' })
}

function diagnoseRefusal(plan: Plan, event: EventOf<'callRefused'>, rule: 'AUTH-6' | 'CAT-8'): void {
  const code = event.code === null ? '' : `, code ${event.code}`
  diagnose(plan, {
    level: 'error',
    code: 'call-refused',
    message: `The cloud refused the device: HTTP ${event.status}${code}. Check the device id, the client id and its secret, and that the device may use MQTT.`,
    rule,
  })
}

/** No usable answer: backoff, not shorter than `Retry-After` (AUTH-6, REC-2). */
export function takeFailure(plan: Plan, event: EventOf<'callFailed'>): void {
  const purpose = plan.context.call?.purpose ?? 'HTTPS'
  endCall(plan)
  const rule = event.failure === 'malformed' ? 'CAT-7' : 'AUTH-6'
  const { callFailures, config } = plan.context
  // An answer must not park the device for ever (F-11).
  const retryAfterMs = Math.min(event.retryAfterMs ?? 0, config.timing.retryAfterCapMs)
  update(plan, { callFailures: callFailures + 1, callDelayMs: retryAfterMs })
  diagnose(plan, {
    level: 'warning',
    code: `call-${event.failure}`,
    message: `The ${purpose} call failed: ${event.detail.replace(/\.?$/, '.')} It is tried again.`,
    ...(event.field === null ? {} : { field: event.field }),
    rule,
  })
}

/** The call's time is over (F-11): a late answer to it will change nothing (CORE-4). */
export function giveUpCall(plan: Plan): void {
  const { call } = plan.context
  if (call === null) return
  plan.effects.push({ type: 'cancelCall', call: call.id })
  endCall(plan)
  update(plan, { callFailures: plan.context.callFailures + 1, callDelayMs: null })
  diagnose(plan, {
    level: 'warning',
    code: 'call-timeout',
    message: `The ${call.purpose} call was not answered in time. It is tried again.`,
    rule: 'AUTH-6',
  })
}

/** Sets the timer before the next call: what the answer asked for, and never less than the backoff (REC-2, REC-4). */
export function waitForRetry(plan: Plan): void {
  const { config, callFailures, callDelayMs } = plan.context
  setTimer(plan, 'retryCall', Math.max(callDelayMs ?? 0, backoffMs(config.timing, callFailures, plan.random)))
  update(plan, { callDelayMs: null })
}

/** MQTT is not available for the device yet: safe, and the catalog is read again later (CAT-4). */
export function awaitAvailability(plan: Plan): void {
  update(plan, { catalogDue: true, callDelayMs: plan.context.config.timing.slowRetryMs })
  diagnose(plan, {
    level: 'warning',
    code: 'mqtt-unavailable',
    message: 'The catalog has no credential_endpoint: MQTT is not available for this device yet.',
    field: 'mqtt.credential_endpoint',
    rule: 'CAT-4',
  })
  plan.signals.push({ type: 'authorityLost', reason: 'mqttUnavailable' })
  waitForRetry(plan)
}

/** The tuple is due while the next one is already on its way: there is nothing more to do (REN-1). */
export function passRenewal(_plan: Plan): void {}

/** The tuple has ended: it is thrown away with its credential (REN-3, REN-5). */
export function expireTuple(plan: Plan): void {
  forgetTuple(plan)
  plan.signals.push({ type: 'authorityLost', reason: 'expired' })
}

/** Forgets the token, here and in the host's memory. */
export function forgetToken(plan: Plan): void {
  if (plan.context.token !== null)
    plan.effects.push({ type: 'forgetSecret', secret: plan.context.token.secret })
  update(plan, { token: null })
}

/** Forgets the tuple, here and in the host's memory, and its timers. */
export function forgetTuple(plan: Plan): void {
  if (plan.context.tuple !== null)
    plan.effects.push({ type: 'forgetSecret', secret: plan.context.tuple.secret })
  update(plan, { tuple: null })
  cancelTimer(plan, 'renewTuple')
  cancelTimer(plan, 'expireTuple')
}

/**
 * The broker does not accept the tuple any more: its credential is dropped and nothing connects with it. Its end
 * stays in sight, for if no new tuple comes by then, authority is lost (SAFE-1, SAFE-3).
 */
export function spendTuple(plan: Plan): void {
  const { tuple } = plan.context
  if (tuple === null) return
  plan.effects.push({ type: 'forgetSecret', secret: tuple.secret })
  update(plan, { tuple: { ...tuple, failed: true } })
}

/** A 401, or the body's own 4001 (AUTH-5, CAT-6). */
export function isUnauthorized({ status, code }: EventOf<'callRefused'>): boolean {
  return status === 401 || code === 4001
}

/** A 404, or the body's own 4004 (CAT-8). */
export function isNotFound({ status, code }: EventOf<'callRefused'>): boolean {
  return status === 404 || code === 4004
}
