import type { Clock } from './platform.ts'

/** Named timers: setting a name again replaces the one that was running. */
export interface Timers<Name extends string> {
  /** Fires once, `delayMs` after `from`: now, or a moment before it on the same clock. */
  set(name: Name, delayMs: number, fire: () => void, from?: number): void
  /** Fires what is overdue, earliest first, without waiting for the platform's timers. Whether there was any. */
  fireDue(): boolean
  cancel(name: Name): void
  cancelAll(): void
}

/** The longest delay that timers of common platforms take; longer ones fire at once there. */
const LONGEST_DELAY_MS = 2_147_483_647

interface Running {
  readonly dueAt: number
  readonly fire: () => void
  cancelWait: () => void
}

/** Timers over a clock that may fire early or take no long delays: none of these fires before its time. */
export function createTimers<Name extends string>(clock: Clock): Timers<Name> {
  const running = new Map<Name, Running>()

  function wait(name: Name, timer: Running): void {
    const delayMs = Math.min(Math.max(0, timer.dueAt - clock.now()), LONGEST_DELAY_MS)
    timer.cancelWait = clock.setTimer(delayMs, () => {
      if (running.get(name) !== timer) return
      if (clock.now() < timer.dueAt) return wait(name, timer)
      running.delete(name)
      timer.fire()
    })
  }

  function cancel(name: Name): void {
    running.get(name)?.cancelWait()
    running.delete(name)
  }

  return {
    set(name, delayMs, fire, from = clock.now()) {
      cancel(name)
      const timer = { dueAt: from + delayMs, fire, cancelWait: () => {} }
      running.set(name, timer)
      wait(name, timer)
    },
    fireDue() {
      const due = [...running].filter(([, { dueAt }]) => dueAt <= clock.now())
      for (const [name, timer] of due.sort(([, a], [, b]) => a.dueAt - b.dueAt)) {
        // One that fired before it may have taken it away.
        if (running.get(name) !== timer) continue
        cancel(name)
        timer.fire()
      }
      return due.length > 0
    },
    cancel,
    cancelAll() {
      for (const name of [...running.keys()]) cancel(name)
    },
  }
}
