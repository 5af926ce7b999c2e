import type { Clock } from '@realer-device/host'
import { ContractBreach } from './contract.ts'

/** What a case waits with. Each wait has an end: a part that never does its duty is a breach, and no test that hangs. */
export interface Watch {
  /** Something was seen: the waits look again. */
  changed(): void
  /** A clause is broken, wherever that was noticed: every wait rejects with it, and so does `end`. The first one counts. */
  fail(clause: string, message: string): void
  /** Resolves when `holds` is true. A breach of the clause where that is not so within the limit. */
  until(holds: () => boolean, clause: string, expected: string): Promise<void>
  /** Lets time pass, so that what must not come could come. Too short a time lets a breach pass, and never makes one. */
  pause(durationMs: number): Promise<void>
  /** Throws what `fail` was told. */
  end(): void
}

interface Waiting {
  look(): void
}

/** Waits by this clock, each for at most `limitMs`. */
export function createWatch(clock: Clock, limitMs: number): Watch {
  const waiting = new Set<Waiting>()
  let breach: ContractBreach | null = null

  function changed(): void {
    for (const one of [...waiting]) one.look()
  }

  return {
    changed,
    fail(clause, message) {
      breach ??= new ContractBreach(clause, message)
      changed()
    },
    until(holds, clause, expected) {
      return new Promise((resolve, reject) => {
        const cancel = clock.setTimer(limitMs, () =>
          settle(() => reject(new ContractBreach(clause, `${expected}: not within ${limitMs} ms`))),
        )
        const one: Waiting = {
          look() {
            if (breach !== null) settle(() => reject(breach))
            else if (holds()) settle(resolve)
          },
        }
        function settle(then: () => void): void {
          cancel()
          waiting.delete(one)
          then()
        }
        waiting.add(one)
        one.look()
      })
    },
    pause: (durationMs) =>
      new Promise((resolve) => {
        clock.setTimer(durationMs, resolve)
      }),
    end() {
      if (breach !== null) throw breach
    },
  }
}

/** A breach of the clause where the condition does not hold. */
export function demand(condition: boolean, clause: string, message: string): asserts condition {
  if (!condition) throw new ContractBreach(clause, message)
}
