import type { CallEvent } from '../event.ts'
import { endCall } from './calls.ts'
import { diagnose, type Plan, update } from './plan.ts'
import { cancelTimer, setTimer } from './timers.ts'

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>

/** A tuple whose `renew_after` is of no use is renewed after this part of its lifetime (CRED-6). */
const renewalFraction = 0.75

/** Keeps the new tuple and sets its two timers, both from this moment on the monotonic clock (CRED-2, CRED-5). */
export function keepTuple(plan: Plan, event: EventOf<'tupleIssued'>): void {
  endCall(plan)
  const lifetimeMs = Math.min(event.expiresInMs, event.sessionHardExpiresInMs ?? event.expiresInMs)
  const renewMs = renewalMs(plan, event.renewAfterMs, lifetimeMs)
  if (event.sessionHardExpiresInMs === null)
    diagnoseClamped(plan, 'session_hard_expires_in', event.sessionHardExpiresInMs, lifetimeMs, lifetimeMs)
  if (renewMs !== event.renewAfterMs)
    diagnoseClamped(plan, 'renew_after', event.renewAfterMs, lifetimeMs, renewMs)
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

/** A renewal that is due at once would loop, one that is due after the end would never come (CRED-6). */
function renewalMs(plan: Plan, renewAfterMs: number | null, lifetimeMs: number): number {
  const fallbackMs = lifetimeMs * renewalFraction
  const wishedMs = renewAfterMs !== null && renewAfterMs < lifetimeMs ? renewAfterMs : fallbackMs
  return Math.max(wishedMs, Math.min(plan.context.config.timing.backoffFloorMs, fallbackMs))
}

function diagnoseClamped(
  plan: Plan,
  field: string,
  givenMs: number | null,
  lifetimeMs: number,
  usedMs: number,
): void {
  const given = givenMs === null ? 'missing or not positive' : `${givenMs / 1000} s`
  const message = `${field} is ${given}, in a lifetime of ${lifetimeMs / 1000} s: ${usedMs / 1000} s is used.`
  diagnose(plan, { level: 'warning', code: 'tuple-lifetime-clamped', message, field, rule: 'CRED-6' })
}

/** The tuple is due while the next one is already on its way: there is nothing more to do (REN-1). */
export function passRenewal(_plan: Plan): void {}

/** The tuple has ended: it is thrown away with its credential (REN-3, REN-5). */
export function expireTuple(plan: Plan): void {
  forgetTuple(plan)
  // What comes after it is no renewal in good order, but the end of an offline period (PUB-11).
  if (plan.context.onlineAfter === 'renewal') update(plan, { onlineAfter: 'reconnect' })
  plan.signals.push({ type: 'authorityLost', reason: 'expired' })
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
