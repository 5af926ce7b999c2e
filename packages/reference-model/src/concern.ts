import type { DeviceEvent, Effect } from '@realer-device/core'
import type { Facts } from './facts.ts'
import type { Tell } from './trace.ts'

/**
 * One part of what must hold. It learns from what a step brings, changes its own part of the facts, and tells what
 * is wrong.
 */
export interface Concern {
  /** An event that the device has taken; a timer that was overdue is heard as its event. */
  readonly heard?: (facts: Facts, event: DeviceEvent, tell: Tell) => void
  /** An effect that the device asked for. */
  readonly did?: (facts: Facts, effect: Effect, tell: Tell) => void
  /** Between two steps: what must have been done by now. */
  readonly settled?: (facts: Facts, tell: Tell) => void
}
