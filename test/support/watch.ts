/** Waits for what may come at any time, without looking at a clock. */
export interface Watch {
  /** Something has happened: everyone who waits looks again. */
  changed(): void
  /** Resolves with what `look` finds, now or after a change; rejects, naming it, where it never comes. */
  until<Found>(look: () => Found | null, what: string): Promise<Found>
}

/** A bound for what never comes. Nothing that goes well waits for it. */
const NEVER_MS = 20_000

/** A watch without anyone who waits. */
export function createWatch(): Watch {
  const looking = new Set<() => void>()
  return {
    changed() {
      for (const look of [...looking]) look()
    },
    until(look, what) {
      const found = look()
      if (found !== null) return Promise.resolve(found)
      return new Promise((resolve, reject) => {
        const bound = setTimeout(() => {
          looking.delete(lookAgain)
          reject(new Error(`${what} did not come`))
        }, NEVER_MS)
        function lookAgain(): void {
          const found = look()
          if (found === null) return
          looking.delete(lookAgain)
          clearTimeout(bound)
          resolve(found)
        }
        looking.add(lookAgain)
      })
    },
  }
}
