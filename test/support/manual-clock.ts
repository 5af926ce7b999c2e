import type { Platform } from '@realer-device/host'

/** A clock whose time stands still until it is moved. */
export interface ManualClock extends Readonly<Platform['clock']> {
  /**
   * Moves the time, and fires every timer that is due on the way, each at its moment. Of two that are due at one moment
   * the one that was set last fires first: the machine's own, which is set after the host's bound for the same wait.
   */
  moveTo(atMs: number): void
  /** When the timers that are set are due, in ms. */
  dueTimes(): readonly number[]
}

interface Waiting {
  readonly dueAt: number
  readonly fire: () => void
}

/** A clock at 0 ms. */
export function createManualClock(): ManualClock {
  let now = 0
  let waiting: readonly Waiting[] = []

  function nextDue(atMs: number): Waiting | null {
    const [first] = waiting.filter(({ dueAt }) => dueAt <= atMs).sort((a, b) => a.dueAt - b.dueAt)
    return first ?? null
  }

  return {
    now: () => now,
    setTimer(delayMs, fire) {
      const timer = { dueAt: now + delayMs, fire }
      waiting = [timer, ...waiting]
      return () => {
        waiting = waiting.filter((one) => one !== timer)
      }
    },
    dueTimes: () => waiting.map(({ dueAt }) => dueAt),
    moveTo(atMs) {
      for (let due = nextDue(atMs); due !== null; due = nextDue(atMs)) {
        const fired = due
        waiting = waiting.filter((one) => one !== fired)
        now = Math.max(now, fired.dueAt)
        fired.fire()
      }
      now = Math.max(now, atMs)
    },
  }
}
