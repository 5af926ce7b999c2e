import {
  type CallEffect,
  type DeviceEvent,
  type DeviceState,
  type Effect,
  initial,
  type Moment,
  persist,
  type ReadAnswer,
  readConfig,
  resume,
  type Step,
  step,
  type TimerName,
  type Verdict,
} from '@realer-device/core'
import type { Chance } from './chance.ts'
import { Connection, type Told } from './connection.ts'
import { anyOptions } from './options.ts'

/** How often the whole state becomes a line of the trace, in steps. */
const stateEvery = 50

/** One device with the host's side of it: it carries out effects, and hands back what they lead to. No clock, no I/O. */
export class World {
  readonly chance: Chance
  readonly config
  state: DeviceState
  now = 1_000
  /** Steps so far. */
  steps = 0
  /** The HTTPS call that waits for its answer. */
  call: CallEffect | null = null
  connection: Connection | null = null
  readonly timers = new Map<TimerName, { readonly id: string; readonly dueAt: number }>()
  /** Commands in the host's hands: running, or asked for their value. */
  readonly inHand = new Map<string, 'running' | 'asking'>()
  /** Values that were asked for after an offline time, by their reading's id. */
  readonly readings = new Set<string>()
  /** Events of the past, the newest last, of which some come again. */
  readonly past: unknown[] = []
  /** Desired states that the cloud has sent, the newest last. */
  readonly desired: string[] = []
  readonly #lastStep: number
  readonly #secrets = new Map<string, string>()
  readonly #record: (line: unknown) => void
  readonly #told: Told[] = []
  #isTelling = false

  /**
   * @param chance decides the options, and the moments' random numbers
   * @param lastStep where the run ends: nothing is stepped or recorded after it
   * @param record takes the lines of the trace: everything that came out of the core and the mqtt session
   */
  constructor(chance: Chance, lastStep: number, record: (line: unknown) => void) {
    this.chance = chance
    this.#lastStep = lastStep
    this.#record = record
    this.config = readConfig(anyOptions(chance))
    record(['config', this.config])
    const moment = this.#moment()
    const first = initial(this.config, moment)
    this.state = first.state
    this.#take(moment, null, first)
  }

  /** Whether the run has made all its steps. */
  get isOver(): boolean {
    return this.steps >= this.#lastStep
  }

  get hasStopped(): boolean {
    return this.state.value === 'stopped'
  }

  /** An event comes to the device; it and all that follows at once are stepped. */
  happens(event: DeviceEvent): void {
    this.#tell({ event })
  }

  /** An HTTPS call is answered: the secret is kept where the machine took the answer, as every host does. */
  answers({ event, secret }: ReadAnswer): void {
    this.#tell({
      event,
      decided: (verdict) => {
        if (secret !== null && verdict === 'taken') this.#secrets.set(secret.secret, secret.value)
      },
    })
  }

  /** The process ends, and another one goes on from what was stored. */
  restarts(clock: 'continued' | 'restarted'): void {
    const stored = JSON.stringify(persist(this.state))
    this.#record(['persist', stored])
    this.call = null
    this.connection = null
    this.timers.clear()
    this.inHand.clear()
    this.readings.clear()
    this.#secrets.clear()
    const pause = this.chance.of([0, 1_000, 100_000.5])
    this.now = clock === 'continued' ? this.now + pause : pause
    const moment = this.#moment()
    const input = { ...moment, config: this.config, clock }
    this.#take(moment, null, resume(JSON.parse(stored), input))
  }

  /** The whole state as a line of the trace. */
  recordState(): void {
    this.#record(['state', this.state])
  }

  #tell(told: Told): void {
    this.#told.push(told)
    // What a step leads to at once waits for the step's end, as in the host's loop.
    if (this.#isTelling) return
    this.#isTelling = true
    for (let next = this.#told.shift(); next !== undefined; next = this.#told.shift()) {
      if (this.isOver) continue
      this.#step(next)
      next.done?.()
    }
    this.#isTelling = false
  }

  #step({ event, decided }: Told): void {
    this.past.push(event)
    if (this.past.length > 40) this.past.shift()
    const moment = this.#moment()
    const made = step(this.state, { ...moment, event })
    decided?.(made.verdict)
    this.#take(moment, event, made)
  }

  /** The time of day is not always known, and does not go evenly (DES-2). */
  #moment(): Moment {
    const moment = { now: this.now, random: this.chance.real() }
    if (this.steps % 7 === 0) return moment
    return {
      ...moment,
      wallClock: new Date(1_777_456_800_000 + Math.floor(this.now % 120_000)).toISOString(),
    }
  }

  #take(moment: Moment, event: DeviceEvent | null, { state, effects, verdict, rules }: Step): void {
    this.#record([this.steps, moment, event, effects, state.value, verdict, rules])
    this.steps += 1
    this.state = state
    if (this.steps % stateEvery === 0) this.recordState()
    if (event !== null) this.#hear(event, verdict)
    for (const effect of effects) this.#carryOut(effect)
  }

  #hear(event: DeviceEvent, verdict: Verdict): void {
    if (verdict !== 'ignored' && 'timer' in event) this.#fired(event.timer)
    if (verdict === 'stale' && 'desiredId' in event) this.inHand.delete(event.desiredId)
    if (verdict !== 'taken') return
    if ('call' in event && event.call === this.call?.call) this.call = null
    if (event.type === 'mqttClosed' || event.type === 'mqttRefused') this.connection = null
    if (event.type === 'commandFinished' || event.type === 'valueRead' || event.type === 'valueUnknown')
      this.inHand.delete(event.desiredId)
    if (event.type === 'routeValueRead' || event.type === 'routeValueUnknown')
      this.readings.delete(event.reading)
  }

  #fired(id: string): void {
    for (const [name, timer] of this.timers) if (timer.id === id) this.timers.delete(name)
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'setTimer':
        this.timers.set(effect.timer, { id: effect.id, dueAt: this.now + effect.delayMs })
        break
      case 'cancelTimer':
        this.timers.delete(effect.timer)
        break
      case 'call':
        this.call = effect
        break
      case 'cancelCall':
        this.call = null
        break
      case 'forgetSecret':
        this.#secrets.delete(effect.secret)
        break
      case 'mqttConnect':
        this.#connect(effect)
        break
      case 'mqttSubscribe':
        this.connection?.subscribe(this.now, effect.topics)
        break
      case 'mqttPublish':
        this.connection?.publish(this.now, effect.delivery, effect.topic, effect.payload)
        break
      case 'mqttDisconnect':
        this.connection?.disconnect(this.now, effect.reasonCode)
        break
      case 'mqttAbort':
        this.connection?.abort()
        this.connection = null
        break
      case 'startCommand':
        this.inHand.set(effect.desiredId, 'running')
        break
      case 'readValue':
        this.inHand.set(effect.desiredId, 'asking')
        break
      case 'cancelCommand':
        this.inHand.delete(effect.desiredId)
        break
      case 'readRouteValue':
        this.readings.add(effect.reading)
        break
      case 'refuseReport':
        // The command still waits for an observation that makes a report.
        if (effect.desiredId !== null) this.inHand.set(effect.desiredId, 'asking')
        break
    }
  }

  #connect(effect: Extract<Effect, { type: 'mqttConnect' }>): void {
    const password = this.#secrets.get(effect.password.secret) ?? ''
    const host = { tell: (told: Told) => this.#tell(told), record: this.#record }
    this.connection = new Connection(effect, password, host)
  }
}
