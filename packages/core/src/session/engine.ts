import { type AnyActorScope, createEmptyActor } from 'xstate'
import type { Effect } from '../effect.ts'
import type { TimedEvent } from '../event.ts'
import type { RuleId } from '../rule.ts'
import type { DeviceState, StateValue } from '../state.ts'
import { appliedRules, effectTypes } from './decide.ts'
import type { SessionInput } from './event.ts'
import { deviceMachine } from './machine.ts'

/** What one run of the machine came to. */
export interface Transition {
  readonly state: DeviceState
  readonly effects: readonly Effect[]
  readonly rules: readonly RuleId[]
  /** The transitions of the chart that were taken, in their order; none where the event enabled none. */
  readonly transitions: readonly TakenTransition[]
}

/** An XState transition as the inspection of a microstep shows it: the very object of the machine's definition. */
export interface TakenTransition {
  readonly target?: readonly { readonly id: string }[] | undefined
  readonly meta?: { readonly rules?: readonly RuleId[] }
}

/** Everything else that XState hands to its executor is its own, such as a raised signal. */
const effectNames: ReadonlySet<string> = new Set(effectTypes)

interface Collected {
  readonly effects: Effect[]
  readonly rules: Set<RuleId>
  readonly transitions: TakenTransition[]
}

/** Runs the machine from nothing: its initial state and first effects. */
export function startMachine(input: SessionInput): Transition {
  const collected = collect()
  const snapshot = deviceMachine.getInitialSnapshot(collected.scope as never, input)
  return finish(collected, snapshot)
}

/** Runs the machine for one event. */
export function runMachine(state: DeviceState, event: TimedEvent): Transition {
  const collected = collect()
  const snapshot = deviceMachine.resolveState({ value: state.value as never, context: state.context })
  const next = deviceMachine.transition(snapshot, event, collected.scope as never)
  return finish(collected, next)
}

function finish(collected: Collected, snapshot: Finished): Transition {
  // XState keeps an error of the first step in the snapshot; one there is a bug of ours, and must not hide.
  if (snapshot.status !== 'active')
    throw snapshot.error ?? new Error(`the machine ended as ${snapshot.status}`)
  return {
    state: { value: snapshot.value as StateValue, context: snapshot.context },
    effects: collected.effects,
    rules: [...collected.rules],
    transitions: collected.transitions,
  }
}

interface Finished {
  readonly value: unknown
  readonly context: DeviceState['context']
  readonly status: string
  readonly error?: unknown
}

/**
 * XState's machine asks for an actor around it: this one runs nothing. It collects the actions' names and
 * parameters, and the rules of the transitions from the microsteps' inspection.
 */
function collect(): Collected & { scope: AnyActorScope } {
  const collected: Collected = { effects: [], rules: new Set(), transitions: [] }
  const scope = {
    self: createEmptyActor(),
    id: 'device',
    sessionId: 'device',
    logger: () => {},
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    system: { _sendInspectionEvent: inspect },
    actionExecutor: execute,
  }
  function inspect(inspection: { type: string; _transitions?: readonly TakenTransition[] }): void {
    for (const transition of inspection._transitions ?? []) {
      collected.transitions.push(transition)
      for (const rule of transition.meta?.rules ?? []) collected.rules.add(rule)
    }
  }
  function execute(action: { type: string; params: unknown }): void {
    if (action.type === appliedRules)
      for (const rule of (action.params as { rules: readonly RuleId[] }).rules) collected.rules.add(rule)
    else if (effectNames.has(action.type)) collected.effects.push(action.params as Effect)
  }
  return Object.assign(collected, { scope: scope as unknown as AnyActorScope })
}
