import type { CallEvent } from '../event.ts'
import { backoffMs } from './backoff.ts'
import { endCall } from './calls.ts'
import { diagnose, type Plan, update } from './plan.ts'
import { setTimer } from './timers.ts'
import { forgetToken } from './token.ts'

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>

/** The cloud said no: the wait is long, and the host is told to be safe (AUTH-6, SAFE-1). */
export function takeRefusal(plan: Plan, event: EventOf<'callRefused'>): void {
  endCall(plan)
  // A second 401 ends the doubt: the next attempt begins with a fresh token and a fresh right to renew it (AUTH-5).
  if (isUnauthorized(event)) forgetToken(plan)
  update(plan, { callDelayMs: plan.context.config.timing.slowRetryMs, tokenDoubted: false, catalogDue: true })
  diagnoseRefusal(plan, event, 'AUTH-6')
  plan.signals.push({ type: 'authorityLost', reason: 'refused' })
}

export function diagnoseRefusal(plan: Plan, event: EventOf<'callRefused'>, rule: 'AUTH-6' | 'CAT-8'): void {
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

/** A 401, or the body's own 4001 (AUTH-5, CAT-6). */
export function isUnauthorized({ status, code }: EventOf<'callRefused'>): boolean {
  return status === 401 || code === 4001
}

/** A 404, or the body's own 4004 (CAT-8). */
export function isNotFound({ status, code }: EventOf<'callRefused'>): boolean {
  return status === 404 || code === 4004
}
