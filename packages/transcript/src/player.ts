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
import type { PlayedStep, Recording } from './recording.ts'
import type { Resumption, TraceInput } from './trace.ts'
import { WordError } from './transcript.ts'

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
  readonly #recording: Recording
  readonly #purposes = new Map<string, CallPurpose>()
  #options: DeviceOptions = demoOptions
  #outcomes: Outcome[] = []
  #snapshot: Snapshot | null = null
  #random = usualRandom
  #now = 0
  /** The time of day at the monotonic time 0, in ms since 1970; null where the host gives none. */
  #dayStartMs: number | null = null

  constructor(recording: Recording) {
    this.#recording = recording
  }

  /** The device's context. @throws {WordError} before the start */
  get context(): SessionContext {
    return this.#started.context
  }

  /** Whether the device has made its first step. */
  get isStarted(): boolean {
    return this.#recording.state !== null
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
    if (this.isStarted) throw new WordError('not-playable', 'configure', 'the device runs already')
    const options = mergePatch(demoOptions, patch) as unknown as DeviceOptions
    if (this.#refuses(() => readConfig(options)) === null) return
    this.#options = options
  }

  /** The first step of the device. */
  start(): void {
    if (this.isStarted) throw new WordError('not-playable', 'start', 'the device runs already')
    this.#begin(null, 0)
  }

  /** The host stores what outlives its process. */
  persist(): void {
    this.#snapshot = persist(this.#started)
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
    this.#refuses(() => this.#begin({ snapshot, clock }, clock === 'restarted' ? 0 : this.#now))
  }

  /** The host learns the time of day, and gives it from here on. */
  setClock(timeMs: number): void {
    this.#dayStartMs = timeMs - this.#now
  }

  /** One event, now. */
  happens(event: DeviceEvent): void {
    void this.#started
    this.#keep(this.#recording.step(this.#input(this.#now, event)))
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
    void this.#started
    this.#now += ms
    this.#outcomes.push({ kind: 'quiet', now: this.#now, asleep: true })
  }

  get #started(): DeviceState {
    const { state } = this.#recording
    if (state === null) throw new WordError('not-playable', 'start', 'the device has not started yet')
    return state
  }

  /** Begins a run whose clock stands at `now`. */
  #begin(resumed: Resumption | null, now: number): void {
    const passedMs = this.#now - now
    this.#keep(this.#recording.begin(readConfig(this.#options), resumed, this.#input(now, null, passedMs)))
    this.#now = now
    if (this.#dayStartMs !== null) this.#dayStartMs += passedMs
  }

  #input(now: number, event: TraceInput['event'], passedMs = 0): TraceInput {
    const random = this.#random
    if (this.#dayStartMs === null) return { now, random, event }
    return { now, random, wallClock: timeOfDay(this.#dayStartMs + passedMs + now), event }
  }

  #keep(step: PlayedStep): void {
    for (const effect of step.line.effects)
      if (effect.type === 'call') this.#purposes.set(effect.call, effect.purpose)
    this.#outcomes.push(step)
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
