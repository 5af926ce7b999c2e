import { enqueueActions, type NonReducibleUnknown } from 'xstate'
import type { Effect } from '../effect.ts'
import type { Moment } from '../event.ts'
import type { RuleId } from '../rule.ts'
import type { TimerName } from '../timer.ts'
import type { SessionContext } from './context.ts'
import type { SessionEvent, SessionInput } from './event.ts'
import { beginPlan, type Plan, update } from './plan.ts'

/** The name of the action that carries the rules of report and command transitions; not an effect. */
export const appliedRules = 'appliedRules' as const

/** Every effect's name, as an action that does nothing: hosts that run the machine as an actor provide their own. */
export const effectTypes = [
  'setTimer',
  'cancelTimer',
  'call',
  'cancelCall',
  'forgetSecret',
  'mqttConnect',
  'mqttSubscribe',
  'mqttPublish',
  'mqttDisconnect',
  'mqttAbort',
  'acceptReport',
  'refuseReport',
  'settleReport',
  'startCommand',
  'readValue',
  'cancelCommand',
  'readRouteValue',
  'settleCommand',
  'enterSafe',
  'leaveSafe',
  'announceOnline',
  'announceOffline',
  'announceStopped',
  'diagnose',
] as const satisfies readonly Effect['type'][]

/**
 * Wraps a decision as an action of the chart: its context is assigned once, its effects become actions in their
 * order, its signals are raised. The decision itself knows nothing of XState.
 *
 * @param decision sees the event narrowed to the type it declares: the chart must use it for such events only
 */
export function decide<Event>(decision: (plan: Plan, event: Event) => void) {
  return enqueueActions<
    SessionContext,
    SessionEvent,
    NonReducibleUnknown,
    SessionEvent,
    never,
    never,
    never,
    never,
    never
  >(({ context, event, enqueue }) => {
    const moment = momentOf(event)
    const plan = beginPlan(context, moment)
    consumeTimer(plan, event)
    decision(plan, event as Event)
    if (plan.context !== context) enqueue.assign(plan.context)
    // XState's types know an action's parameters only per machine; here they are the effect itself.
    const act = (action: EffectAction): void => enqueue(action as never)
    if (plan.rules.length > 0) act({ type: appliedRules, params: { rules: plan.rules } })
    for (const effect of plan.effects) act({ type: effect.type, params: effect })
    for (const signal of plan.signals) enqueue.raise({ ...signal, ...plan.moment })
  })
}

/** What a decision may enqueue: an effect, or the rules that applied. */
type EffectAction =
  | { readonly type: typeof appliedRules; readonly params: { readonly rules: readonly RuleId[] } }
  | { readonly type: Effect['type']; readonly params: Effect }

interface InitEvent {
  readonly type: 'xstate.init'
  readonly input: SessionInput
}

/** XState's own first event, which its types leave out, has its moment in the input. */
function momentOf(event: SessionEvent): Moment {
  const first = event as SessionEvent | InitEvent
  return first.type === 'xstate.init' ? first.input : first
}

/** A timer that has fired does not run any more. */
function consumeTimer(plan: Plan, event: SessionEvent): void {
  const name = timerName(event.type)
  if (name === null || !('timer' in event) || plan.context.timers[name]?.id !== event.timer) return
  const { [name]: _fired, ...timers } = plan.context.timers
  update(plan, { timers })
}

/** The timer that an event speaks of; null for every other event. */
export function timerName(type: string): TimerName | null {
  return type.startsWith('timer.') ? (type.slice('timer.'.length) as TimerName) : null
}
