/** Tells events in their order, never from inside the call that led to one; after the last one, none. */
export interface Telling {
  tell(event: () => void): void
  tellLast(event: () => void): void
  /** Nothing more is told, not even what waits. */
  silence(): void
}

/** A telling on microtasks: `openMqtt`'s caller is told on a turn of its own. */
export function createTelling(): Telling {
  let waiting: (() => void)[] = []
  let isOver = false

  function tell(event: () => void): void {
    if (isOver) return
    waiting.push(event)
    if (waiting.length === 1) queueMicrotask(tellWaiting)
  }

  function tellWaiting(): void {
    const [event] = waiting
    if (event === undefined) return
    try {
      event()
    } finally {
      // It leaves the row only once it was told, so that nobody begins a second row meanwhile.
      waiting.shift()
      if (waiting.length > 0) queueMicrotask(tellWaiting)
    }
  }

  return {
    tell,
    tellLast(event) {
      tell(event)
      isOver = true
    },
    silence() {
      waiting = []
      isOver = true
    },
  }
}
