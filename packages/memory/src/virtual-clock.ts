import type { Clock } from '@realer-device/host'
import { withTurns } from './turns.ts'

/** A clock whose time passes only when it is told to. */
export interface VirtualClock extends Clock {
  /** Lets so much time pass. Every timer that is due on the way fires at its moment, those of one moment in their order. */
  advance(durationMs: number): void
  /** Moves the time on and fires nothing: a host that was kept busy, or a device that slept. Timers fire late then. */
  jump(durationMs: number): void
  /** When the next timer is due, in ms on this clock; null where none is set. */
  nextDueAt(): number | null
  /**
   * Lets time pass from timer to timer until the promise is settled, and returns what it came to. Promises get their turn
   * between timers. Throws where no timer is left that could settle it.
   */
  runUntil<Value>(promise: Promise<Value>): Promise<Value>
}

interface Timer {
  readonly dueAt: number
  readonly fire: () => void
}

/** A clock that stands at `startsAt` ms. Default: 0. */
export function createVirtualClock({ startsAt = 0 }: { readonly startsAt?: number } = {}): VirtualClock {
  let time = startsAt
  // In the order of their moments; those of one moment in the order in which they were set.
  const timers: Timer[] = []

  /** Fires the next timer that is due by then. Whether there was one. */
  function fireNext(until: number): boolean {
    const [next] = timers
    if (next === undefined || next.dueAt > until) return false
    timers.shift()
    time = Math.max(time, next.dueAt)
    next.fire()
    return true
  }

  return {
    now: () => time,
    setTimer(delayMs, fire) {
      const timer = { dueAt: time + Math.max(0, delayMs), fire }
      const after = timers.findIndex(({ dueAt }) => dueAt > timer.dueAt)
      timers.splice(after < 0 ? timers.length : after, 0, timer)
      return () => {
        const index = timers.indexOf(timer)
        if (index >= 0) timers.splice(index, 1)
      }
    },
    advance(durationMs) {
      const until = time + durationMs
      while (fireNext(until));
      time = Math.max(time, until)
    },
    jump(durationMs) {
      time += durationMs
    },
    nextDueAt: () => timers[0]?.dueAt ?? null,
    runUntil: (promise) =>
      withTurns(async (turn) => {
        let isSettled = false
        const settle = (): void => {
          isSettled = true
        }
        promise.then(settle, settle)
        for (;;) {
          await turn()
          if (isSettled) return promise
          if (!fireNext(Number.POSITIVE_INFINITY))
            throw new Error('No timer is set, and the promise is not settled: nothing can happen any more.')
        }
      }),
  }
}
