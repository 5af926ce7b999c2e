import { type DeviceOptions, deviceMachine, readConfig, type TimedEvent } from '@realer-device/core'
import type { AnyStateMachine } from 'xstate'
import { createTestModel, type StatePath } from 'xstate/graph'
import { runMachine, startMachine, type TakenTransition } from '../../src/session/engine.ts'
import { sessionEvents } from './session-events.ts'

/** The configuration of the walk: one command route, one of everything, and no two deadlines at one moment. */
export const walkOptions: DeviceOptions = {
  deviceId: 12345,
  commandRoutes: ['rte_valve'],
  limits: { maxReports: 1 },
  timing: {
    callTimeoutMs: 30_011,
    connectTimeoutMs: 20_011,
    closeTimeoutMs: 5_003,
    stopTimeoutMs: 33_013,
    backoffFloorMs: 1_009,
    slowRetryMs: 300_007,
    stableOnlineMs: 60_029,
    publishTimeoutMs: 31_013,
    acknowledgementTimeoutMs: 62_017,
    commandTimeoutMs: 601_003,
  },
}

type Snapshot = ReturnType<typeof deviceMachine.getInitialSnapshot>
type Event = Parameters<typeof deviceMachine.transition>[1]

/** One generated path through the session's chart. */
export type SessionPath = StatePath<Snapshot, Event>

/** What every walk begins with. */
const walkInput = { config: readConfig(walkOptions), now: 0, random: 0.5 }

/** The session's chart as a test model: what the world may do in a state is made for that state. */
export const sessionModel = createTestModel(deviceMachine, {
  input: walkInput,
  events: (snapshot) => sessionEvents(snapshot.context, snapshot.value),
  serializeState: (snapshot) => JSON.stringify([snapshot.value, factsOf(snapshot)]),
  // Signals come from the chart itself; the world's own events are those that have a moment.
  filterEvents: (_snapshot, event) => 'now' in event,
  // Enough to see every transition; the whole space is for an explorer.
  limit: 600_000,
})

/** What two states of the walk must share, beside their value, to count as one. */
function factsOf({ context }: Snapshot): unknown {
  const { tuple, connection, reports, commands, stopReason, timers } = context
  const open = Object.values(commands).flatMap((route) => route.open)
  return [
    // The scopes matter until the topics are asked for.
    tuple === null ? null : [tuple.failed, connection?.limits === null && tuple.scopes.length],
    connection !== null && [connection.tupleSecret !== tuple?.secret, connection.limits === null],
    earliestTimer(timers),
    reports.length,
    open.map(({ state }) => state),
    stopReason,
  ]
}

function earliestTimer(timers: Snapshot['context']['timers']): string | undefined {
  const [first] = Object.entries(timers).sort(([, a], [, b]) => a.dueAt - b.dueAt)
  return first?.[0]
}

/** The transitions of the session's chart, `always` included. */
export function sessionTransitions(): TakenTransition[] {
  const visit = (node: AnyStateMachine['root']): TakenTransition[] => [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
    ...Object.values(node.states).flatMap(visit),
  ]
  return visit(deviceMachine.root as AnyStateMachine['root'])
}

/**
 * Generated paths that together take every transition of the session's chart. The model's own paths hop between states
 * that only count as one: each is made anew by doing the same in the state that it has really led to.
 */
export function coveringPaths(): {
  readonly paths: SessionPath[]
  readonly missed: readonly TakenTransition[]
} {
  const missed = new Set(sessionTransitions())
  const paths: SessionPath[] = []
  const found = sessionModel.getShortestPaths({ allowDuplicatePaths: true })
  for (const { steps } of found.sort((one, other) => one.weight - other.weight)) {
    if (missed.size === 0) break
    const labels = steps.map(({ event }) => event as Event).filter((event) => 'now' in event)
    const walked = walk(labels.map(labelOf))
    if (walked === null) continue
    const { state } = walked.path
    for (const event of sessionEvents(state.context, state.value)) {
      const next = take(state, event)
      const fresh = [...walked.transitions, ...next.transitions].filter((one) => missed.delete(one))
      if (fresh.length === 0) continue
      const { path } = walked
      paths.push({
        state: next.state,
        steps: [...path.steps, { event, state: next.state }],
        weight: path.weight + 1,
      })
    }
  }
  return { paths, missed: [...missed] }
}

/** Does in real states what a path of the model says; null where something on it cannot happen there. */
function walk(labels: readonly string[]): { path: SessionPath; transitions: TakenTransition[] } | null {
  const first = startMachine(walkInput).state
  let state = deviceMachine.resolveState({ value: first.value as never, context: first.context })
  const steps = [{ event: { type: 'xstate.init' } as never, state }]
  const transitions: TakenTransition[] = []
  for (const label of labels) {
    const event = sessionEvents(state.context, state.value).find((candidate) => labelOf(candidate) === label)
    if (event === undefined) return null
    const next = take(state, event)
    transitions.push(...next.transitions)
    state = next.state
    steps.push({ event: event as never, state })
  }
  return { path: { state, steps, weight: labels.length }, transitions }
}

function take(
  { value, context }: Snapshot,
  event: Event,
): { state: Snapshot; transitions: readonly TakenTransition[] } {
  const { state, transitions } = runMachine({ value, context }, event as TimedEvent)
  return {
    state: deviceMachine.resolveState({ value: state.value as never, context: state.context }),
    transitions,
  }
}

/** What an event is, whatever the ids and the moment of the state that it was made for. */
function labelOf(event: Event): string {
  return JSON.stringify(event, (name, value) =>
    ['call', 'connection', 'delivery', 'reading', 'timer', 'now'].includes(name) ? undefined : value,
  )
}
