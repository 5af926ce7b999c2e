import type { HostEvent } from '../event.ts'
import { callRevoke } from './calls.ts'
import { cutConnection, disconnect } from './disconnecting.ts'
import { type Plan, update } from './plan.ts'
import { cancelTimer, setTimer } from './timers.ts'
import { forgetToken } from './token.ts'
import { forgetTuple } from './tuple.ts'

/** Ends everything that is under way but the connection, and bounds the rest of the stop in time (STOP-1). */
export function beginStop(plan: Plan, event: Extract<HostEvent, { type: 'stopRequested' }>): void {
  const { call, config } = plan.context
  update(plan, { stopReason: event.reason, call: null })
  if (call !== null) plan.effects.push({ type: 'cancelCall', call: call.id })
  for (const timer of ['callTimeout', 'retryCall', 'reconnect', 'reports', 'commands'] as const)
    cancelTimer(plan, timer)
  forgetTuple(plan)
  setTimer(plan, 'stopTimeout', config.timing.stopTimeoutMs)
}

/** The credentials turn out to be compromised during a stop that waits for its connection: it waits no more (STOP-2). */
export function noteCompromise(plan: Plan): void {
  update(plan, { stopReason: 'compromise' })
}

/** DISCONNECT (0x00) of the session that is still there, unless it is closing already (STOP-1). */
export function closeSession(plan: Plan): void {
  if (plan.context.timers.closeTimeout !== undefined) return
  disconnect(plan, 'stopped')
}

/** Revokes the token, after the session was closed (AUTH-7). */
export function revoke(plan: Plan): void {
  callRevoke(plan)
}

/** The token is revoked. */
export function finishRevoked(plan: Plan): void {
  finish(plan, true)
}

/** The revocation was refused or failed, which never blocks the stop (AUTH-7). */
export function finishRefused(plan: Plan): void {
  update(plan, { call: null })
  finish(plan, false)
}

/** The stop is over without an answer to a revocation: none was possible, or its time is over (AUTH-7). */
export function finishUnrevoked(plan: Plan): void {
  finish(plan, false)
}

/** Drops the secrets and every timer (STOP-2); unsettled reports stay. */
function finish(plan: Plan, revoked: boolean): void {
  const { call, stopReason } = plan.context
  cutConnection(plan)
  if (call !== null && !revoked) plan.effects.push({ type: 'cancelCall', call: call.id })
  update(plan, { call: null })
  forgetToken(plan)
  for (const timer of ['callTimeout', 'stopTimeout', 'reports', 'commands'] as const) cancelTimer(plan, timer)
  plan.effects.push({ type: 'forgetSecret', secret: 'client' })
  plan.effects.push({ type: 'announceStopped', reason: stopReason ?? 'shutdown', revoked })
}
