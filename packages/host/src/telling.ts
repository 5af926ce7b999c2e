/** Tells events in their order: at once, or right after the call from inside which they came. */
export interface Telling {
  /** Makes a call; what it leads to is told on a turn of its own. */
  call(act: () => void): void
  tell(event: () => void): void
  /** Nothing more is told, not even what waits. */
  silence(): void
}

/** A telling of one connection: nobody is called back from inside a call of theirs. */
export function createTelling(): Telling {
  const waiting: (() => void)[] = []
  let callsUnderWay = 0
  // Until the last one that waits was told, what comes stands behind it.
  let hasRow = false
  let isSilent = false

  function tellWaiting(): void {
    try {
      for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) event()
    } finally {
      hasRow = false
    }
  }

  return {
    call(act) {
      callsUnderWay += 1
      try {
        act()
      } finally {
        callsUnderWay -= 1
      }
    },
    tell(event) {
      if (isSilent) return
      if (callsUnderWay === 0 && !hasRow) return event()
      waiting.push(event)
      if (hasRow) return
      hasRow = true
      void Promise.resolve().then(tellWaiting)
    },
    silence() {
      isSilent = true
      waiting.length = 0
    },
  }
}
