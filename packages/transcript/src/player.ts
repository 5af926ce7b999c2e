import {
  type CallPurpose,
  ConfigError,
  type DeviceEvent,
  type DeviceOptions,
  type DeviceState,
  type JsonObject,
  type JsonValue,
  persist,
  readConfig,
  type SessionContext,
  type Snapshot,
  SnapshotError,
  type TimerName,
} from '@realer-device/core'
import { demoOptions, mergePatch } from './demo.ts'
import {
  type Resumption,
  type TraceHeader,
  type TraceInput,
  type TraceLine,
  type TraceStep,
  traceStep,
} from './trace.ts'
import { WordError } from './transcript.ts'

/** One step as it was played: its trace line, and the states around it. */
export interface PlayedStep {
  readonly kind: 'step'
  readonly line: TraceStep
  readonly before: DeviceState | null
  readonly after: DeviceState
}

/** What an input came to. */
export type Outcome =
  | PlayedStep
  /** The core refused at its door: a typed error. */
  | { readonly kind: 'refused'; readonly code: string; readonly field: string; readonly message: string }
  /** Time has passed without a step. */
  | { readonly kind: 'quiet'; readonly now: number; readonly asleep: boolean }
  /** The host stores what outlives the process (CORE-6). */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** The host took a secret out of an answer, and keeps it under this reference (CRED-3). */
  | { readonly kind: 'secret'; readonly secret: string }

/** The random number of a step whose input gives none. */
const usualRandom = 0.5

/** An event without the ids of what is outstanding. */
type Loose<Event> = Event extends { type: string } ? Omit<Event, 'call' | 'connection'> : never

/** One device under a clock that the story holds: inputs become events, and every step is kept. */
export class Player {
  readonly #story: string
  readonly #purposes = new Map<string, CallPurpose>()
  readonly #trace: TraceLine[] = []
  #options: DeviceOptions = demoOptions
  #outcomes: Outcome[] = []
  #header: TraceHeader | null = null
  #state: DeviceState | null = null
  #steps = 0
  #random = usualRandom
  #now = 0
  #snapshot: Snapshot | null = null
  /** The time of day at the monotonic time 0, in ms since 1970; null where the host gives none. */
  #dayStartMs: number | null = null

  constructor(story: string) {
    this.#story = story
  }

  /** Every line of the story's trace so far. */
  get trace(): readonly TraceLine[] {
    return this.#trace
  }

  /** The device's context. @throws {WordError} before the start */
  get context(): SessionContext {
    if (this.#state === null) throw new WordError('not-playable', 'start', 'the device has not started yet')
    return this.#state.context
  }

  /** Whether the device has made its first step. */
  get isStarted(): boolean {
    return this.#state !== null
  }

  /** Monotonic ms since the story began. */
  get now(): number {
    return this.#now
  }

  /** Runs one input and gives what it came to. */
  take(act: (player: Player) => void, random: number | null): readonly Outcome[] {
    this.#outcomes = []
    this.#random = random ?? usualRandom
    act(this)
    return this.#outcomes
  }

  /** Changes the device's options; an option that the core refuses is an outcome. Only before the start. */
  configure(patch: JsonObject): void {
    if (this.#state !== null) throw new WordError('not-playable', 'configure', 'the device runs already')
    const options = mergePatch(demoOptions, patch) as unknown as DeviceOptions
    if (this.#refuses(() => readConfig(options)) === null) return
    this.#options = options
  }

  /** The first step of the device. */
  start(): void {
    if (this.#state !== null) throw new WordError('not-playable', 'start', 'the device runs already')
    this.#begin(null)
  }

  /** The host stores what outlives its process. */
  persist(): void {
    void this.context
    if (this.#state === null) return
    this.#snapshot = persist(this.#state)
    this.#outcomes.push({ kind: 'snapshot', snapshot: this.#snapshot })
  }

  /**
   * The process ends here, whatever it was doing, and another one goes on from the stored snapshot.
   *
   * @param changes a JSON Merge Patch of the stored snapshot, for one that was damaged or is another device's
   */
  resume(clock: Resumption['clock'], changes: JsonValue): void {
    if (this.#snapshot === null) throw new WordError('not-playable', 'resume', 'nothing was persisted yet')
    const snapshot = mergePatch(this.#snapshot as unknown as JsonObject, changes)
    const [before, beforeNow] = [this.#state, this.#now]
    if (clock === 'restarted') {
      if (this.#dayStartMs !== null) this.#dayStartMs += this.#now
      this.#now = 0
    }
    if (this.#refuses(() => this.#begin({ snapshot, clock })) !== null) return
    this.#trace.pop()
    this.#state = before
    this.#now = beforeNow
  }

  /** The host learns the time of day, and gives it from here on. */
  setClock(timeMs: number): void {
    this.#dayStartMs = timeMs - this.#now
  }

  /** One event, now. */
  happens(event: DeviceEvent): void {
    void this.context
    this.#step(event)
  }

  /** An event of the outstanding call, or of the call that is named. */
  answers(
    call: string | undefined,
    make: (call: { call: string; purpose: CallPurpose }) => DeviceEvent,
  ): void {
    const id = call ?? this.context.call?.id
    if (id === undefined) throw new WordError('not-playable', 'call', 'no HTTPS call is outstanding')
    const purpose = this.#purposes.get(id)
    if (purpose === undefined) throw new WordError('not-playable', id, 'there was no such call')
    this.happens(make({ call: id, purpose }))
  }

  /** An event of the one connection, or of the connection that is named. */
  tells(connection: string | undefined, event: Loose<DeviceEvent>): void {
    const id = connection ?? this.context.connection?.id
    if (id === undefined) throw new WordError('not-playable', 'connection', 'there is no connection')
    const { type, ...rest } = event
    this.happens({ type, connection: id, ...rest } as DeviceEvent)
  }

  /** The host keeps a secret out of an answer. */
  keepsSecret(secret: string): void {
    this.#outcomes.push({ kind: 'secret', secret })
  }

  /** Time passes up to a timer, and it fires; so does every other that is due before it. */
  fires(timer: TimerName): void {
    const due = this.context.timers[timer]
    if (due === undefined) throw new WordError('not-playable', timer, `${timer} does not run`)
    this.passes(due.dueAt - this.#now, due.id)
  }

  /**
   * Time passes, and every timer fires when it is due; of those that are due together, the one that was set first.
   *
   * @param last where to end at once: the id of the timer after which nothing more fires
   */
  passes(ms: number, last: string | null = null): void {
    const end = this.#now + Math.max(0, ms)
    for (;;) {
      const [next] = Object.entries(this.context.timers)
        .map(([name, timer]) => ({ name: name as TimerName, ...timer }))
        .filter(({ dueAt }) => dueAt <= end)
        .sort((a, b) => a.dueAt - b.dueAt || numberOf(a.id) - numberOf(b.id))
      if (next === undefined) break
      this.#now = Math.max(this.#now, next.dueAt)
      this.happens({ type: `timer.${next.name}`, timer: next.id } as DeviceEvent)
      if (next.id === last) return
    }
    this.#now = end
    if (this.#outcomes.length === 0) this.#outcomes.push({ kind: 'quiet', now: end, asleep: false })
  }

  /** Time passes while the host sleeps: nothing fires. */
  sleeps(ms: number): void {
    void this.context
    this.#now += ms
    this.#outcomes.push({ kind: 'quiet', now: this.#now, asleep: true })
  }

  #begin(resumed: Resumption | null): true {
    const config = readConfig(this.#options)
    const run = (this.#header?.run ?? 0) + 1
    this.#header = { format: 'realer-device-trace', version: 1, story: this.#story, run, config, resumed }
    this.#trace.push(this.#header)
    this.#state = null
    this.#steps = 0
    this.#step(null)
    return true
  }

  #step(event: TraceInput['event']): void {
    if (this.#header === null) return
    const wallClock = this.#dayStartMs === null ? {} : { wallClock: timeOfDay(this.#dayStartMs + this.#now) }
    const input: TraceInput = { now: this.#now, random: this.#random, ...wallClock, event }
    const before = this.#state
    const { line, state } = traceStep(this.#header, this.#steps++, before, input)
    for (const effect of line.effects)
      if (effect.type === 'call') this.#purposes.set(effect.call, effect.purpose)
    this.#state = state
    this.#trace.push(line)
    this.#outcomes.push({ kind: 'step', line, before, after: state })
  }

  /** Runs what may be refused; null, and an outcome, where it was. */
  #refuses<Value>(act: () => Value): Value | null {
    try {
      return act()
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof SnapshotError)) throw error
      const { code, field, message } = error
      this.#outcomes.push({ kind: 'refused', code, field, message })
      return null
    }
  }
}

/** ISO 8601 UTC, without fractions where there are none. */
function timeOfDay(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/** The number in an id such as `timer-7`: ids are given out in order. */
function numberOf(id: string): number {
  return Number(id.replace(/^\D+/, ''))
}
