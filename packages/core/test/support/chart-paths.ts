import type { AnyStateMachine } from 'xstate'
import { createTestModel } from 'xstate/graph'
import type { ChartEvent } from '../../src/chart.ts'

/** One step of a generated path: the event, and the states before and after it. */
export interface ChartStep {
  readonly from: string
  readonly event: ChartEvent<string, string>
  readonly to: string
}

/** Facts that never hold alone: all that hold with them. */
export interface FactsTogether {
  readonly [fact: string]: readonly string[]
}

/** Every event of a chart, once for each fact that a guard looks at, and once without any. */
function eventsOf(machine: AnyStateMachine, together: FactsTogether): ChartEvent<string, string>[] {
  const events = new Map<string, ChartEvent<string, string>>()
  for (const state of Object.values(machine.root.states))
    for (const transition of [...state.transitions.values()].flat()) {
      const type = transition.eventType
      events.set(type, { type, facts: [] })
      if (typeof transition.guard === 'string')
        events.set(`${type} ${transition.guard}`, {
          type,
          facts: together[transition.guard] ?? [transition.guard],
        })
    }
  return [...events.values()]
}

/**
 * Paths through every transition of a flat chart, made by `createTestModel`: two states of its walk are the same only
 * where the same event led to them from the same state.
 */
export function chartPaths(machine: AnyStateMachine, together: FactsTogether = {}): ChartStep[][] {
  const model = createTestModel(machine, {
    events: eventsOf(machine, together) as never,
    serializeState: (state, event, previous) =>
      JSON.stringify([previous?.value ?? null, event ?? null, state.value]),
  })
  return model.getShortestPaths().map((path) =>
    path.steps.flatMap(({ event, state }, at) => {
      const from = path.steps[at - 1]?.state.value
      return from === undefined
        ? []
        : [{ from: String(from), event: event as ChartEvent<string, string>, to: String(state.value) }]
    }),
  )
}

/** The transitions that paths take, one entry each. */
export function transitionsTaken(
  machine: AnyStateMachine,
  paths: readonly (readonly ChartStep[])[],
): unknown[] {
  const taken = paths.flat().flatMap(({ from, event }) => {
    const transitions = machine.root.states[from]?.transitions.get(event.type) ?? []
    return transitions
      .filter(({ guard }) => guard === undefined || event.facts?.includes(String(guard)))
      .slice(0, 1)
  })
  return [...new Set(taken)]
}
