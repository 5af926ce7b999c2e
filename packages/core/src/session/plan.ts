import type { Diagnostic, Effect } from '../effect.ts'
import type { Moment } from '../event.ts'
import type { RuleId } from '../rule.ts'
import type { SessionContext } from './context.ts'
import type { SessionSignal } from './signal.ts'

/**
 * The working copy of one decision: what the context becomes, what the host is to do, and which signals the
 * other regions get. A decision is a function that changes its plan and nothing else; the context objects in it
 * are replaced, never changed.
 */
export interface Plan extends Moment {
  readonly moment: Moment
  context: SessionContext
  readonly effects: Effect[]
  readonly signals: SessionSignal[]
  /** Rules that applied beside those of the session's own transitions. */
  readonly rules: RuleId[]
}

/** A fresh plan for one decision. */
export function beginPlan(context: SessionContext, moment: Moment): Plan {
  const { now, random, wallClock } = moment
  const known = wallClock === undefined ? { now, random } : { now, random, wallClock }
  return { ...known, moment: known, context, effects: [], signals: [], rules: [] }
}

/** Replaces some fields of the context. */
export function update(plan: Plan, changes: Partial<SessionContext>): void {
  plan.context = { ...plan.context, ...changes }
}

/** Gives out an id that was never used before and never will be again (CORE-4). */
export function takeId(plan: Plan, kind: 'call' | 'connection' | 'timer' | 'delivery' | 'reading'): string {
  const lastId = plan.context.lastId + 1
  update(plan, { lastId })
  return `${kind}-${lastId}`
}

/** Notes the rules of a transition of one report or command. */
export function applyRules(plan: Plan, rules: readonly RuleId[]): void {
  plan.rules.push(...rules)
}

/** Adds a line for the operator; its rule applied. */
export function diagnose(plan: Plan, diagnostic: Omit<Diagnostic, 'field'> & { field?: string }): void {
  const { level, code, message, field = null, rule } = diagnostic
  plan.effects.push({ type: 'diagnose', level, code, message, field, rule })
  applyRules(plan, [rule])
}
