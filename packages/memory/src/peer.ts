import type { Endpoint, EndpointEvents } from './connection.ts'

/** The other side of one link. After its end, no call does anything. */
export interface MemoryPeer {
  /** Sends bytes to the link. They must not change afterwards. */
  send(bytes: Uint8Array): void
  /** Stops to read: what the link sends backs up. */
  pause(): void
  /** Reads again. */
  resume(): void
  /** Ends in good order, behind what was sent before. */
  end(): void
  /** Breaks the connection. */
  reset(): void
}

/** What a peer hears. */
export interface MemoryPeerEvents {
  /** Bytes of the link came, chopped and joined. */
  onBytes(bytes: Uint8Array): void
  /** The connection is gone, whoever ended it. The last event, once. */
  onOver(): void
}

/** A peer that waits for its end of the connection. */
export interface JoiningPeer {
  readonly endpointEvents: EndpointEvents
  start(endpoint: Endpoint, accept: (peer: MemoryPeer) => MemoryPeerEvents): void
}

/** Makes a peer of an end of a connection; `isOver` is called with its end. */
export function joinPeer(over: () => void): JoiningPeer {
  let events: MemoryPeerEvents | null = null
  let endpoint: Endpoint | null = null
  let isEnding = false

  function end(): void {
    const told = events
    events = null
    over()
    told?.onOver()
  }

  return {
    endpointEvents: {
      onBytes: (bytes) => events?.onBytes(bytes),
      onEnd() {
        if (!isEnding) endpoint?.end()
        end()
      },
      onCut: end,
      onLeft() {},
    },
    start(joined, accept) {
      endpoint = joined
      const whileOpen = (act: () => void) => (): void => {
        if (events !== null) act()
      }
      events = accept({
        send(bytes) {
          if (events !== null && !isEnding) joined.send(bytes)
        },
        pause: whileOpen(() => joined.pause()),
        resume: whileOpen(() => joined.resume()),
        end: whileOpen(() => {
          isEnding = true
          joined.end()
        }),
        reset: whileOpen(() => {
          joined.cut()
          end()
        }),
      })
    },
  }
}
