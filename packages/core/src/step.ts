import type { DeviceConfig } from './config.ts'
import type { Effect } from './effect.ts'
import type { DeviceEvent, Moment, TimedEvent } from './event.ts'
import { isFresh } from './freshness.ts'
import { readEvent } from './read-event.ts'
import type { RuleId } from './rule.ts'
import { runMachine, startMachine, type Transition } from './session/engine.ts'
import type { Kept } from './session/event.ts'
import { readSnapshot } from './snapshot.ts'
import type { DeviceState } from './state.ts'
import type { TimerName } from './timer.ts'

/**
 * What became of an event: `taken` by a transition; `ignored`, with a diagnostic, for it means nothing in this
 * state (CORE-3); `stale`, for it answers something that is not waited for any more (CORE-4).
 */
export type Verdict = 'taken' | 'ignored' | 'stale'

/** The outcome of one step. */
export interface Step {
  readonly state: DeviceState
  /** What the host must now do, in this order. */
  readonly effects: readonly Effect[]
  readonly verdict: Verdict
  /** The rules that applied. */
  readonly rules: readonly RuleId[]
}

/** An event at its moment. */
export interface StepInput extends Moment {
  readonly event: DeviceEvent
}

/**
 * The first step of a device: the host is told to be locally safe, and the first HTTPS call is asked for.
 *
 * @param config from `readConfig`
 * @param moment monotonic time and chance (CORE-1)
 */
export function initial(config: DeviceConfig, moment: Moment): Step {
  return begin(config, moment, null)
}

/** How a device goes on in another process. */
export interface ResumeInput extends Moment {
  /** From `readConfig`: the firmware's own, which may have changed since. */
  readonly config: DeviceConfig
  /**
   * `continued` where `now` counts from the same point as before, so that windows can still be measured; `restarted`
   * after a reboot: then every command that waited is too late (DES-2, DES-5).
   */
  readonly clock: 'continued' | 'restarted'
}

/**
 * The first step of a device that goes on where another process ended (CORE-6): its outbox, sequence numbers and
 * outcomes are there (PUB-9, DES-9), nothing runs by itself again (DES-12), and a new CONNECT tuple is asked for.
 *
 * @param snapshot from `persist`, out of JSON
 * @throws {SnapshotError} where it is unknown or damaged, with the field's name
 */
export function resume(snapshot: unknown, input: ResumeInput): Step {
  const { config, clock } = input
  return begin(config, input, { ...readSnapshot(snapshot, config), clock })
}

function begin(config: DeviceConfig, { now, random, wallClock }: Moment, kept: Kept | null): Step {
  const { state, effects, rules } = startMachine({ config, ...momentOf(now, random, wallClock), kept })
  return {
    state,
    effects,
    verdict: 'taken',
    rules: kept === null ? rules : [...new Set([...rules, 'CORE-6' as const])],
  }
}

function momentOf(now: number, random: number, wallClock: string | undefined): Moment {
  return wallClock === undefined ? { now, random } : { now, random, wallClock }
}

/**
 * One step: a pure function of the state and the input, the same in every engine and process (CORE-2). It never
 * throws on any event (CORE-3).
 *
 * Timers that are overdue at `now` fire before the event, earliest first, the event's own among them: a late host or a sleep of the whole
 * machine never lets an event see a tuple, a window or a wait that has already ended (REN-5, DES-2). Only a stop
 * comes before them: it ends them all, and nothing opens or starts on its account (STOP-1).
 */
export function step(state: DeviceState, input: StepInput): Step {
  const read = readEvent(input)
  if (!read.ok)
    return ignored(state, 'event-malformed', `${nameOf(input.event)}: ${read.message}`, read.field)
  const { now } = input
  const moment = momentOf(now, input.random, input.wallClock)
  const { event } = read
  const effects: Effect[] = []
  const rules = new Set<RuleId>()
  let current = state
  const run = (timed: TimedEvent): Transition => {
    const transition = runMachine(current, timed)
    current = transition.state
    effects.push(...transition.effects)
    for (const rule of transition.rules) rules.add(rule)
    return transition
  }
  const own = 'timer' in event ? event.timer : null
  let ownTransitions: number | null = null
  for (const timer of overdueTimers(state, now, event)) {
    if (current.context.timers[timer.name]?.id !== timer.id) continue
    const { transitions } = run({ type: `timer.${timer.name}`, timer: timer.id, ...moment })
    if (timer.id === own) ownTransitions = transitions.length
  }
  // The event's own timer had its turn among the others.
  if (ownTransitions !== null && ownTransitions > 0)
    return { state: current, effects, verdict: 'taken', rules: [...rules] }
  if (!isFresh(current.context, event))
    return { state: current, effects, verdict: 'stale', rules: [...rules, 'CORE-4'] }
  if (run({ ...event, ...moment }).transitions.length > 0)
    return { state: current, effects, verdict: 'taken', rules: [...rules] }
  const { effects: told } = ignored(current, 'event-ignored', `${nameOf(event)} means nothing in this state.`)
  return { state: current, effects: [...effects, ...told], verdict: 'ignored', rules: [...rules, 'CORE-3'] }
}

/** Nothing changes, and an operator can see why (CORE-3). */
function ignored(state: DeviceState, code: string, message: string, field: string | null = null): Step {
  const effect: Effect = { type: 'diagnose', level: 'info', code, message, field, rule: 'CORE-3' }
  return { state, effects: [effect], verdict: 'ignored', rules: ['CORE-3'] }
}

/** The timers that should have fired by now, earliest first; the one that the event itself brings is among them. */
function overdueTimers(
  state: DeviceState,
  now: number,
  event: DeviceEvent,
): { name: TimerName; id: string }[] {
  if (event.type === 'stopRequested') return []
  return Object.entries(state.context.timers)
    .flatMap(([name, timer]) => (timer.dueAt <= now ? [{ name: name as TimerName, ...timer }] : []))
    .sort((a, b) => a.dueAt - b.dueAt)
}

/** An event's type for a diagnostic: whatever came in, nothing long and nothing secret goes out. */
function nameOf(event: unknown): string {
  const type: unknown = (event as { type?: unknown } | null | undefined)?.type
  return typeof type === 'string' && /^[\w.]{1,40}$/.test(type)
    ? `The event ${type}`
    : 'An event of an unknown type'
}
