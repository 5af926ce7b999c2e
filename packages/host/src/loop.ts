import {
  type DeviceConfig,
  type DeviceEvent,
  type DeviceState,
  type Effect,
  initial,
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

/** The one loop of a device: one event at a time, each with the time and the chance of its own moment (CORE-1). */
export interface Loop {
  /** Makes the machine's first step. */
  start(config: DeviceConfig): void
  /** Steps the machine with an event: now, or after the step that is under way and those that wait before it. */
  dispatch(turn: Turn): void
  /** The machine's state; null before the start. */
  state(): DeviceState | null
}

/** What a loop tells and orders. Neither may throw. */
export interface LoopPort {
  traced(trace: StepTrace): void
  /** Carries out one effect. `steppedAt` is the moment of its step, monotonic ms. */
  perform(effect: Effect, steppedAt: number): void
}

/** A loop that has not been started. */
export function createLoop(platform: Pick<Platform, 'clock' | 'random'>, port: LoopPort): Loop {
  const waiting: Turn[] = []
  let state: DeviceState | null = null
  let stepping = false
  let stepsMade = 0
  let latest = Number.NEGATIVE_INFINITY

  function moment(): { now: number; random: number } {
    latest = Math.max(latest, platform.clock.now())
    return { now: latest, random: platform.random() }
  }

  function make(
    event: DeviceEvent | null,
    decide: (at: { now: number; random: number }) => Step,
    turn?: Turn,
  ) {
    const at = moment()
    const made = decide(at)
    state = made.state
    turn?.decided?.(made)
    const { effects, verdict, rules } = made
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
    const before = state
    if (before !== null) make(turn.event, (at) => step(before, { ...at, event: turn.event }), turn)
  }

  return {
    start(config) {
      run(() => make(null, (at) => initial(config, at)))
    },
    dispatch(turn) {
      if (stepping) waiting.push(turn)
      else run(() => take(turn))
    },
    state: () => state,
  }
}
