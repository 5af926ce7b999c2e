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
import { UnsettledWrite } from './slow-write.ts'

/** One event on its way into the machine, and what its sender does around the step. */
export interface Turn {
  readonly event: DeviceEvent
  /** After the machine has decided and the store has it, before its effects are carried out. */
  readonly decided?: (step: Step) => void
  /** After the effects were carried out. */
  readonly done?: () => void
  /**
   * The store could not write the step, so it was not made: the machine is as it was before. Without this the device
   * cannot go on, and `unkept` of the port is told.
   */
  readonly unkept?: (error: unknown) => void
}

/** What every step of this host is made with: time, chance and the time of day (CORE-1). */
export type HostMoment = Required<Moment>

/** The one loop of a device: one event at a time, each with the time and the chance of its own moment (CORE-1). */
export interface Loop {
  /**
   * Makes the machine's first step. What `decide` throws, or the store at once, is thrown here, and nothing has happened;
   * `begun` is called where that went well, before any effect.
   */
  start(decide: (at: HostMoment) => Step, begun: () => void): void
  /** Steps the machine with an event: now, or after the step that is under way and those that wait before it. */
  dispatch(turn: Turn): void
  /** The machine's state; null before the start. While the store writes, the one before that step. */
  state(): DeviceState | null
  /** Whether the store is writing a step: what is dispatched now waits for it. */
  isWriting(): boolean
  /** Takes no event any more: the store has failed, and what waits for it is not made either. */
  end(error: unknown): void
}

/** What a loop tells and orders. None of these throws but `keep`. */
export interface LoopPort {
  /**
   * Writes what must survive of a state (PUB-9, DES-9). The step's effects wait until it has returned, or the promise
   * that it gave is settled. Throws or rejects where that fails.
   */
  keep(state: DeviceState): void | Promise<void>
  /** A step that nobody answers for could not be written, and was not made. */
  unkept(error: unknown): void
  /** A step was made, and none of its effects is carried out yet. */
  traced(trace: StepTrace): void
  /** Carries out one effect. `steppedAt` is the moment of its step, monotonic ms. */
  perform(effect: Effect, steppedAt: number): void
}

/** A loop that has not been started. */
export function createLoop(platform: Pick<Platform, 'clock' | 'random' | 'wallClock'>, port: LoopPort): Loop {
  const waiting: Turn[] = []
  let state: DeviceState | null = null
  let phase: 'idle' | 'stepping' | 'writing' | 'ended' = 'idle'
  let stepsMade = 0
  let latest = Number.NEGATIVE_INFINITY

  const hasEnded = (): boolean => phase === 'ended'

  function moment(): HostMoment {
    latest = Math.max(latest, platform.clock.now())
    return { now: latest, random: platform.random(), wallClock: platform.wallClock() }
  }

  function carryOut(made: Step, at: HostMoment, turn: Turn | null): void {
    state = made.state
    turn?.decided?.(made)
    const { effects, verdict, rules } = made
    const event = turn?.event ?? null
    port.traced({ n: stepsMade++, ...at, event, effects, value: made.state.value, verdict, rules })
    for (const effect of effects) port.perform(effect, at.now)
    turn?.done?.()
  }

  function unkept(turn: Turn | null, error: unknown): void {
    turn?.unkept?.(error)
    // Of one that has not answered nobody knows whether it is kept: neither state is the right one to go on from.
    if (turn?.unkept === undefined || error instanceof UnsettledWrite) port.unkept(error)
  }

  /** What must survive is written first: then nothing has left the device that depends on it (PUB-9, DES-9). */
  function keepAndCarryOut(
    made: Step,
    at: HostMoment,
    turn: Turn | null,
    written: void | Promise<void>,
  ): void {
    if (written === undefined) return carryOut(made, at, turn)
    phase = 'writing'
    const goOn = (then: () => void) => (): void => {
      if (hasEnded()) return
      phase = 'stepping'
      then()
      takeAll()
    }
    written.then(
      goOn(() => carryOut(made, at, turn)),
      (error: unknown) => goOn(() => unkept(turn, error))(),
    )
  }

  function take(turn: Turn): void {
    if (state === null) return
    const at = moment()
    const made = step(state, { ...at, event: turn.event })
    let written: void | Promise<void>
    try {
      written = port.keep(made.state)
    } catch (error) {
      return unkept(turn, error)
    }
    keepAndCarryOut(made, at, turn, written)
  }

  /** Takes what waits, until nothing does or the store is writing. */
  function takeAll(): void {
    while (phase === 'stepping') {
      const turn = waiting.shift()
      if (turn === undefined) {
        phase = 'idle'
        return
      }
      take(turn)
    }
  }

  return {
    start(decide, begun) {
      const at = moment()
      const first = decide(at)
      const written = port.keep(first.state)
      begun()
      phase = 'stepping'
      keepAndCarryOut(first, at, null, written)
      takeAll()
    },
    dispatch(turn) {
      if (phase === 'ended') return
      waiting.push(turn)
      if (phase !== 'idle') return
      phase = 'stepping'
      takeAll()
    },
    state: () => state,
    isWriting: () => phase === 'writing',
    end(error) {
      phase = 'ended'
      for (const turn of waiting.splice(0)) turn.unkept?.(error)
    },
  }
}
