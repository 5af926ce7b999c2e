import type { CallEvent } from '../event.ts'
import { endCall } from './calls.ts'
import { type Plan, update } from './plan.ts'

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>

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

/** A 401: the token is thrown away and asked for once more (AUTH-5). */
export function doubtToken(plan: Plan): void {
  endCall(plan)
  forgetToken(plan)
  update(plan, { tokenDoubted: true })
}

/** Forgets the token, here and in the host's memory. */
export function forgetToken(plan: Plan): void {
  if (plan.context.token !== null)
    plan.effects.push({ type: 'forgetSecret', secret: plan.context.token.secret })
  update(plan, { token: null })
}
