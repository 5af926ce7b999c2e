import type { DeviceEvent, Effect, RuleId, Verdict } from '@realer-device/core'

/** One line of a recorded trace: a step of a device, as `step` events of a host carry it. Plain JSON, no secrets. */
export interface TraceLine {
  /** Number of the step; 0 is the start. */
  readonly n: number
  /** Monotonic ms. */
  readonly now: number
  /** What happened; null for the start, and for a start again from what was stored. */
  readonly event: DeviceEvent | null
  readonly effects: readonly Effect[]
  readonly verdict: Verdict
  /** The time of day of the step, ISO 8601 UTC, where the host knows it (DES-2). */
  readonly wallClock?: string
  /** At a start again from what was stored: whether the monotonic clock went on, or began anew (DES-2). */
  readonly clock?: 'continued' | 'restarted'
}

/** A rule that a step broke. */
export interface Breach {
  readonly rule: RuleId
  /** The `n` of the step. */
  readonly step: number
  /** What should have been, in a sentence. */
  readonly message: string
}

/** Notes a breach of the step that is looked at. */
export type Tell = (rule: RuleId, message: string) => void

/** The event of one type. */
export type EventOf<Type extends DeviceEvent['type']> = Extract<DeviceEvent, { type: Type }>
/** The effect of one type. */
export type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>
