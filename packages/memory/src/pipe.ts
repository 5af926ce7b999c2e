import type { Clock } from '@realer-device/host'
import { createByteQueue } from './byte-queue.ts'

/** How bytes travel. */
export interface Travel {
  readonly clock: Clock
  /** A number in [0,1), for latency and chunks. */
  random(): number
  /** The time of one way, drawn anew for each piece; the order stays. */
  latencyMs(): number
  readonly largestChunkBytes: number
  /** How many bytes fit between the two ends before the sender's wait. */
  readonly capacityBytes: number
}

/** How much of the bytes on their way gets through; null where nothing does any more. The end of a pipe is no bytes. */
export type Passage = (bytes: Uint8Array) => Uint8Array | null

/** One direction of a connection: what is sent waits until there is room, travels, and waits until it is read. */
export interface Pipe {
  /** Bytes that have not left the sender yet. */
  readonly waitingBytes: number
  send(bytes: Uint8Array): void
  /** Ends it behind what was sent before. */
  end(): void
  /** Ends it now: what is under way is lost, and nothing is told any more. */
  drop(): void
  /** The receiver stops to read. */
  pause(): void
  resume(): void
}

/** What a pipe tells its two ends, each on a turn of its own. */
export interface PipeEvents {
  onBytes(bytes: Uint8Array): void
  onEnd(): void
  /** To the sender: some of what waited has left, or the end has. */
  onLeft(hasEnded: boolean): void
}

const END = 'end'

/** A pipe in which nothing is under way. */
export function createPipe(travel: Travel, pass: Passage, events: PipeEvents): Pipe {
  const { clock, random, latencyMs, largestChunkBytes, capacityBytes } = travel
  const waiting = createByteQueue()
  // In one queue, so that no latency can change the order.
  const flying: (Uint8Array | typeof END)[] = []
  const landed: (Uint8Array | typeof END)[] = []
  let underWayBytes = 0
  let isReading = true
  let isEnding = false
  let isDropped = false
  let lastLandingAt = Number.NEGATIVE_INFINITY

  const leaveSoon = onOwnTurn(clock, leave)
  const deliverSoon = onOwnTurn(clock, deliver)

  /** Lets as much leave as there is room for, chopped and joined by chance: small pieces are as likely as large ones. */
  function leave(): void {
    if (isDropped) return
    while (waiting.length > 0 && underWayBytes < capacityBytes) {
      const drawn = Math.floor(largestChunkBytes ** random())
      const piece = waiting.take(Math.min(drawn, waiting.length, capacityBytes - underWayBytes))
      underWayBytes += piece.length
      fly(piece)
    }
    const endsNow = isEnding && waiting.length === 0
    if (endsNow) fly(END)
    if (endsNow) isEnding = false
    events.onLeft(endsNow)
  }

  function fly(what: Uint8Array | typeof END): void {
    flying.push(what)
    lastLandingAt = Math.max(lastLandingAt, clock.now() + latencyMs())
    clock.setTimer(lastLandingAt - clock.now(), land)
  }

  function land(): void {
    const what = flying.shift()
    if (what === undefined || isDropped) return
    const passed = pass(what === END ? new Uint8Array(0) : what)
    if (passed === null) return
    landed.push(what === END ? END : passed)
    deliver()
  }

  function deliver(): void {
    while (isReading && !isDropped) {
      const next = landed.shift()
      if (next === undefined) return
      if (next === END) return events.onEnd()
      underWayBytes -= next.length
      leaveSoon()
      events.onBytes(next)
    }
  }

  return {
    get waitingBytes() {
      return waiting.length
    },
    send(bytes) {
      waiting.put(bytes)
      leaveSoon()
    },
    end() {
      isEnding = true
      leaveSoon()
    },
    drop() {
      isDropped = true
      waiting.clear()
      flying.length = 0
      landed.length = 0
    },
    pause() {
      isReading = false
    },
    resume() {
      isReading = true
      deliverSoon()
    },
  }
}

/** A function that calls `act` on the clock's next turn, once however often it is called before. */
function onOwnTurn(clock: Clock, act: () => void): () => void {
  let isSet = false
  return () => {
    if (isSet) return
    isSet = true
    clock.setTimer(0, () => {
      isSet = false
      act()
    })
  }
}
