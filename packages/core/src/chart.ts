import type { AnyStateMachine } from 'xstate'
import type { RuleId } from './rule.ts'

/** One transition of a small chart: where it leads, what it does on the way, which rules it holds. */
export interface Arrow<State extends string, Action extends string> {
  readonly target: State
  readonly actions: readonly Action[]
  readonly rules: readonly RuleId[]
}

/** Looks up the transition of a state for an event; undefined where there is none. */
export type Chart<State extends string, Event extends string, Action extends string> = (
  state: State,
  event: Event,
) => Arrow<State, Action> | undefined

/**
 * Reads a flat machine (no guards, no nesting) into a table once. The report and the command lifecycles are many
 * small instances in one context, so their state is a name in a record and not a running actor.
 */
export function readChart<State extends string, Event extends string, Action extends string>(
  machine: AnyStateMachine,
): Chart<State, Event, Action> {
  const table = new Map<string, Arrow<State, Action>>()
  for (const [state, node] of Object.entries(machine.root.states)) {
    for (const [event, transitions] of node.transitions) {
      const [first, ...others] = transitions
      if (first === undefined) continue
      if (others.length > 0 || first.guard !== undefined)
        throw new Error(`${machine.id}: ${state} on ${event} is not plain`)
      table.set(`${state} ${event}`, {
        target: (first.target?.[0]?.key ?? state) as State,
        actions: (first.actions as readonly (string | { type: string })[]).map(
          (action) => (typeof action === 'string' ? action : action.type) as Action,
        ),
        rules: (first.meta as { rules?: RuleId[] } | undefined)?.rules ?? [],
      })
    }
  }
  return (state, event) => table.get(`${state} ${event}`)
}
