import type { AnyStateMachine } from 'xstate'
import type { RuleId } from './rule.ts'

/** One transition of a small chart: its guard, where it leads, what it does on the way, which rules it holds. */
export interface Arrow<State extends string, Action extends string, Fact extends string> {
  /** The fact that must hold for it; null: it is always open. */
  readonly guard: Fact | null
  readonly target: State
  readonly actions: readonly Action[]
  readonly rules: readonly RuleId[]
}

/**
 * What happens to one report or command. `facts` names what holds at that moment; guards look at nothing else, so a
 * chart can be read and run without the device around it.
 */
export interface ChartEvent<Type extends string, Fact extends string> {
  readonly type: Type
  readonly facts?: readonly Fact[]
}

/** Finds the transition of a state for an event: the first whose guard holds; undefined where there is none. */
export type Chart<State extends string, Type extends string, Action extends string, Fact extends string> = (
  state: State,
  event: ChartEvent<Type, Fact>,
) => Arrow<State, Action, Fact> | undefined

/** The guards of a small chart, each true where the event brings the fact of its name. */
export function factGuards<const Fact extends string>(
  facts: readonly Fact[],
): { [fact in Fact]: (args: { event: ChartEvent<string, Fact> }) => boolean } {
  const guards = facts.map((fact) => [
    fact,
    ({ event }: { event: ChartEvent<string, Fact> }) => event.facts?.includes(fact) ?? false,
  ])
  return Object.fromEntries(guards) as {
    [fact in Fact]: (args: { event: ChartEvent<string, Fact> }) => boolean
  }
}

/**
 * Reads a flat machine (no nesting) into a table once. The report and the command lifecycles are many small
 * instances in one context, so their state is a name in a record and not a running actor.
 */
export function readChart<
  State extends string,
  Type extends string,
  Action extends string,
  Fact extends string,
>(machine: AnyStateMachine): Chart<State, Type, Action, Fact> {
  const table = new Map<string, readonly Arrow<State, Action, Fact>[]>()
  for (const [state, node] of Object.entries(machine.root.states)) {
    if (
      Object.keys(node.states).length > 0 ||
      node.always !== undefined ||
      node.entry.length + node.exit.length > 0
    )
      throw new Error(`${machine.id}: ${state} is not plain`)
    for (const [type, transitions] of node.transitions)
      table.set(
        `${state} ${type}`,
        transitions.map(({ guard, target, actions, meta }) => ({
          guard: (guard as Fact | undefined) ?? null,
          target: (target?.[0]?.key ?? state) as State,
          actions: (actions as readonly (string | { type: string })[]).map(
            (action) => (typeof action === 'string' ? action : action.type) as Action,
          ),
          rules: (meta as { rules?: RuleId[] } | undefined)?.rules ?? [],
        })),
      )
  }
  return (state, { type, facts }) =>
    table.get(`${state} ${type}`)?.find(({ guard }) => guard === null || facts?.includes(guard))
}
