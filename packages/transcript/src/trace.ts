import {
  type DeviceConfig,
  type DeviceEvent,
  type DeviceState,
  type Effect,
  initial,
  type Moment,
  type ResumeInput,
  type RuleId,
  resume,
  type Step,
  step,
  type Verdict,
} from '@realer-device/core'

/** The first line of a run's trace: the form of the lines that follow, and what the run began with. */
export interface TraceHeader {
  readonly format: 'realer-device-trace'
  /** Grows when a line's form changes in a way that readers must know. */
  readonly version: 1
  /** The story's name. */
  readonly story: string
  /** Which of the story's runs it is, from 1: every resume begins a new one. */
  readonly run: number
  readonly config: DeviceConfig
  /** The snapshot that the run goes on from; null where it begins from nothing (CORE-6). */
  readonly resumed: Resumption | null
}

/** How a run goes on from a snapshot. */
export interface Resumption extends Pick<ResumeInput, 'clock'> {
  /** What the host stored, good or not: the core judges it. */
  readonly snapshot: unknown
}

/** One step of a run: plain JSON without secrets (CRED-3). */
export interface TraceStep {
  /** 0 is the beginning of the run. */
  readonly n: number
  /** Monotonic ms. */
  readonly now: number
  readonly random: number
  /** The time of day, where the host gave it. */
  readonly wallClock?: string
  /** Null at the beginning of a run. */
  readonly event: DeviceEvent | null
  readonly effects: readonly Effect[]
  /** The machine's state value after the step. */
  readonly value: DeviceState['value']
  readonly verdict: Verdict
  readonly rules: readonly RuleId[]
}

/** A line of a trace. */
export type TraceLine = TraceHeader | TraceStep

/** What the machine is given in one step of a run: the part of a trace line that comes from outside. */
export type TraceInput = Pick<TraceStep, 'now' | 'random' | 'wallClock' | 'event'>

/**
 * Makes one step of a run, and its line.
 *
 * @throws {SnapshotError} at the beginning of a run whose snapshot cannot be resumed
 */
export function traceStep(
  header: TraceHeader,
  n: number,
  before: DeviceState | null,
  input: TraceInput,
): { readonly line: TraceStep; readonly state: DeviceState } {
  const { event, ...given } = input
  const { now, random, wallClock } = given
  const moment = { now, random, ...(wallClock === undefined ? {} : { wallClock }) }
  const made = before === null || event === null ? begin(header, moment) : step(before, { ...moment, event })
  const { state, effects, verdict, rules } = made
  return { line: { n, ...moment, event, effects, value: state.value, verdict, rules }, state }
}

function begin({ config, resumed }: TraceHeader, moment: Moment): Step {
  if (resumed === null) return initial(config, moment)
  return resume(resumed.snapshot, { ...moment, config, clock: resumed.clock })
}

/**
 * Makes every step of a trace again, from nothing but what came from outside, and gives the lines that came of it: the
 * same as went in, where the machine is the same (CORE-2). Several runs may follow one another.
 *
 * @param lines of a trace; what the machine made of each step is not looked at, and may be left out
 */
export function* replay(lines: Iterable<TraceHeader | TraceInput>): Generator<TraceLine> {
  let header: TraceHeader | null = null
  let state: DeviceState | null = null
  let n = 0
  for (const line of lines) {
    if ('format' in line) {
      header = line
      state = null
      n = 0
      yield line
    } else if (header !== null) {
      const made = traceStep(header, n++, state, line)
      state = made.state
      yield made.line
    }
  }
}
