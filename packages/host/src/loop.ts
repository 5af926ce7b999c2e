import {
  type DeviceEvent,
  type DeviceState,
  type Effect,
  type Moment,
  type Step,
  step,
} from '@realer-device/core'
import type { StepTrace } from './device-events.ts'
import type { Platform } from './platform.ts'

/** One event on its way into the machine, and what its sender does around the step. */
export interface Turn {
  readonly event: DeviceEvent
  /** After the machine has decided, before its effects are carried out. */
  readonly decided?: (step: Step) => void
  /** After the effects were carried out. */
  readonly done?: () => void
}

/** What every step of this host is made with: time, chance and the time of day (CORE-1). */
export type HostMoment = Required<Moment>

/** The one loop of a device: one event at a time, each with the time and the chance of its own moment (CORE-1). */
export interface Loop {
  /** Makes the machine's first step. What `decide` throws is thrown here, and then nothing has happened. */
  start(decide: (at: HostMoment) => Step): void
  /** Steps the machine with an event: now, or after the step that is under way and those that wait before it. */
  dispatch(turn: Turn): void
  /** The machine's state; null before the start. */
  state(): DeviceState | null
}

/** What a loop tells and orders. Neither may throw. */
export interface LoopPort {
  /** A step was made, and none of its effects is carried out yet. */
  traced(trace: StepTrace): void
  /** Carries out one effect. `steppedAt` is the moment of its step, monotonic ms. */
  perform(effect: Effect, steppedAt: number): void
}

/** A loop that has not been started. */
export function createLoop(platform: Pick<Platform, 'clock' | 'random' | 'wallClock'>, port: LoopPort): Loop {
  const waiting: Turn[] = []
  let state: DeviceState | null = null
  let stepping = false
  let stepsMade = 0
  let latest = Number.NEGATIVE_INFINITY

  function moment(): HostMoment {
    latest = Math.max(latest, platform.clock.now())
    return { now: latest, random: platform.random(), wallClock: platform.wallClock() }
  }

  function carryOut(made: Step, at: HostMoment, event: DeviceEvent | null, turn?: Turn): void {
    state = made.state
    turn?.decided?.(made)
    const { effects, verdict, rules } = made
    // What must survive is written here: the new state is known, and nothing has left that depends on it (PUB-9, DES-9).
    port.traced({ n: stepsMade++, ...at, event, effects, value: made.state.value, verdict, rules })
    for (const effect of effects) port.perform(effect, at.now)
    turn?.done?.()
  }

  /** Runs `first`, then all that it and its followers have queued. */
  function run(first: () => void): void {
    stepping = true
    try {
      first()
      for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) take(turn)
    } finally {
      stepping = false
    }
  }

  function take(turn: Turn): void {
    if (state === null) return
    const at = moment()
    carryOut(step(state, { ...at, event: turn.event }), at, turn.event, turn)
  }

  return {
    start(decide) {
      const at = moment()
      const first = decide(at)
      run(() => carryOut(first, at, null))
    },
    dispatch(turn) {
      if (stepping) waiting.push(turn)
      else run(() => take(turn))
    },
    state: () => state,
  }
}
