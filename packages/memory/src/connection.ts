import type { MemoryFault } from './fault.ts'
import { createPipe, type Passage, type Pipe, type Travel } from './pipe.ts'

/** What an end of a connection is told. */
export interface EndpointEvents {
  onBytes(bytes: Uint8Array): void
  /** The other end has ended in good order. */
  onEnd(): void
  /** The connection broke. */
  onCut(): void
  /** Some of what waited has left; `hasEnded` when everything has, and the end too. */
  onLeft(hasEnded: boolean): void
}

/** One end of a connection. */
export interface Endpoint {
  readonly waitingBytes: number
  send(bytes: Uint8Array): void
  /** Ends in good order, behind what was sent before. */
  end(): void
  pause(): void
  resume(): void
  /** Breaks the connection: this end is told nothing any more, the other one that it broke. */
  cut(): void
}

/** What a dialled connection came to. */
export type Dialled = { readonly endpoint: Endpoint } | { readonly failure: MemoryFault['kind'] }

/** A connection between two ends. */
export interface Connection {
  /** Breaks it now, for both. */
  cut(): void
}

/** Joins two ends. */
export function connect(
  travel: Travel,
  fault: MemoryFault | null,
  nearEvents: EndpointEvents,
  farEvents: EndpointEvents,
): Connection & { readonly near: Endpoint; readonly far: Endpoint } {
  let isCut = false
  let leftBytes = fault !== null && 'afterBytes' in fault ? fault.afterBytes : Number.POSITIVE_INFINITY

  const pass: Passage = (bytes) => {
    if (leftBytes <= 0) return null
    const passed = bytes.subarray(0, leftBytes)
    leftBytes -= passed.length
    // On a turn of its own: what got through is handed over before.
    if (leftBytes <= 0 && fault?.kind === 'cut') travel.clock.setTimer(0, () => cut([nearEvents, farEvents]))
    return passed
  }

  const there = createPipe(travel, pass, {
    onBytes: (bytes) => farEvents.onBytes(bytes),
    onEnd: () => farEvents.onEnd(),
    onLeft: (hasEnded) => nearEvents.onLeft(hasEnded),
  })
  const back = createPipe(travel, pass, {
    onBytes: (bytes) => nearEvents.onBytes(bytes),
    onEnd: () => nearEvents.onEnd(),
    onLeft: (hasEnded) => farEvents.onLeft(hasEnded),
  })

  function cut(told: readonly EndpointEvents[], afterMs = 0): void {
    if (isCut) return
    isCut = true
    there.drop()
    back.drop()
    const isHeard = !(fault?.kind === 'swallow' && leftBytes <= 0)
    if (isHeard)
      travel.clock.setTimer(afterMs, () => {
        for (const events of told) events.onCut()
      })
  }

  const endpoint = (out: Pipe, into: Pipe, other: EndpointEvents): Endpoint => ({
    get waitingBytes() {
      return out.waitingBytes
    },
    send: (bytes) => out.send(bytes),
    end: () => out.end(),
    pause: () => into.pause(),
    resume: () => into.resume(),
    cut: () => cut([other], travel.latencyMs()),
  })

  return {
    near: endpoint(there, back, farEvents),
    far: endpoint(back, there, nearEvents),
    cut: () => cut([nearEvents, farEvents]),
  }
}
