import type { Clock } from './platform.ts'

/** Named timers: setting a name again replaces the one that was running. */
export interface Timers<Name extends string> {
  set(name: Name, delayMs: number, fire: () => void): void
  cancel(name: Name): void
  cancelAll(): void
}

/** The longest delay that timers of common platforms take; longer ones fire at once there. */
const LONGEST_DELAY_MS = 2_147_483_647

/** Timers over a clock that may fire early or take no long delays: none of these fires before its time. */
export function createTimers<Name extends string>(clock: Clock): Timers<Name> {
  const running = new Map<Name, () => void>()

  function wait(name: Name, dueAt: number, fire: () => void): void {
    const delayMs = Math.min(Math.max(0, dueAt - clock.now()), LONGEST_DELAY_MS)
    const cancelWait = clock.setTimer(delayMs, () => {
      if (running.get(name) !== cancelWait) return
      running.delete(name)
      if (clock.now() < dueAt) wait(name, dueAt, fire)
      else fire()
    })
    running.set(name, cancelWait)
  }

  function cancel(name: Name): void {
    running.get(name)?.()
    running.delete(name)
  }

  return {
    set(name, delayMs, fire) {
      cancel(name)
      wait(name, clock.now() + delayMs, fire)
    },
    cancel,
    cancelAll() {
      for (const name of [...running.keys()]) cancel(name)
    },
  }
}
