import { startCommands } from '../command/decisions.ts'
import type { SafeReason } from '../effect.ts'
import { type Plan, update } from './plan.ts'

/** Tells the host, once, to behave locally safe (SAFE-1). */
export function becomeSafe(plan: Plan, event: { readonly reason: SafeReason }): void {
  update(plan, { safe: event.reason })
  plan.effects.push({ type: 'enterSafe', reason: event.reason })
}

/** A device starts under local safe behaviour and leaves it when the session is first online (SAFE-1). */
export function startSafe(plan: Plan): void {
  becomeSafe(plan, { reason: 'starting' })
}

/** Tells the host that the cloud's authority is back (SAFE-1); waiting commands may start (DES-11). */
export function becomeNormal(plan: Plan): void {
  update(plan, { safe: null })
  plan.effects.push({ type: 'leaveSafe' })
  startCommands(plan)
}
