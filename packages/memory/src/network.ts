import type { Clock, OpenLink } from '@realer-device/host'
import { addressOf } from './address.ts'
import { type Connection, connect, type Dialled, type EndpointEvents } from './connection.ts'
import type { MemoryFault } from './fault.ts'
import { memoryLink } from './link.ts'
import { joinPeer, type MemoryPeer, type MemoryPeerEvents } from './peer.ts'
import type { Travel } from './pipe.ts'

/** How a network is made. */
export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Numbers in [0,1), for latency and chunks; `seededRandom(seed)` gives the same run for the same seed. */
  random(): number
  /** The least time of one way. Default: 1. */
  readonly latencyMs?: number
  /** How much longer than that a way may take, by chance. The order of bytes stays. Default: 0. */
  readonly jitterMs?: number
  /**
   * Bytes are chopped and joined into chunks of 1 to so many bytes, small ones as often as large ones. Default: 65,536.
   */
  readonly largestChunkBytes?: number
  /** How many bytes fit between the two ends of a direction before the sender's wait. Default: 65,536. */
  readonly capacityBytes?: number
}

/** Somewhere that links lead to. */
export interface MemoryListener {
  /** `mqtts://host:port`. */
  readonly url: string
  /** How many connections came to it. */
  connections(): number
  /** What goes wrong with the links that are opened from now on; null for nothing. */
  fail(fault: MemoryFault | null): void
  /** Breaks every connection to it. */
  cut(): void
  /** Breaks every connection to it; from now on, connections are refused. */
  stop(): void
}

/** How a listener begins. */
export interface MemoryListenOptions {
  /** `mqtts://host`, with an optional port. Default: a host of its own. */
  readonly url?: string
  /** See `fail`. Default: null. */
  readonly fault?: MemoryFault | null
}

/** A network in memory. Every event comes on a turn of the clock's own. */
export interface MemoryNetwork {
  readonly openLink: OpenLink
  /**
   * Begins to listen. `accept` is called for each link that opens, with its peer.
   *
   * @throws {TypeError} where the address is not `mqtts://host` or `mqtts://host:port`
   */
  listen(accept: (peer: MemoryPeer) => MemoryPeerEvents, options?: MemoryListenOptions): MemoryListener
}

/** Makes a network on a clock, virtual or not. */
export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  const { clock, random, latencyMs = 1, jitterMs = 0 } = options
  const { largestChunkBytes = 65_536, capacityBytes = 65_536 } = options
  const travel: Travel = {
    clock,
    random,
    latencyMs: () => latencyMs + Math.floor(random() * (jitterMs + 1)),
    largestChunkBytes,
    capacityBytes,
  }
  const places = new Map<string, Place>()
  let listeners = 0

  /** One way to the listener, and one back, as a handshake takes at least. */
  function dial(url: string, events: EndpointEvents, dialled: (result: Dialled) => void): void {
    clock.setTimer(travel.latencyMs(), () => {
      const result = places.get(addressOf(url) ?? '')?.take(events) ?? { failure: 'refuse' }
      clock.setTimer(travel.latencyMs(), () => dialled(result))
    })
  }

  return {
    openLink: memoryLink(clock, dial),
    listen(accept, { url = `mqtts://memory-${++listeners}`, fault: givenFault = null } = {}) {
      const address = addressOf(url)
      if (address === null) throw new TypeError('A listener is at mqtts://host or mqtts://host:port.')
      const live = new Set<Connection>()
      let fault: MemoryFault | null = givenFault
      let connections = 0

      places.set(address, {
        take(nearEvents) {
          if (fault?.kind === 'refuse') return { failure: 'refuse' }
          connections += 1
          if (fault !== null && !('afterBytes' in fault)) return { failure: fault.kind }
          const peer = joinPeer(() => live.delete(connection))
          const connection = connect(travel, fault, nearEvents, peer.endpointEvents)
          live.add(connection)
          // Nothing is told to a link before it is open.
          connection.near.pause()
          peer.start(connection.far, accept)
          return { endpoint: connection.near }
        },
      })

      function cut(): void {
        for (const connection of live) connection.cut()
        live.clear()
      }

      return {
        url,
        connections: () => connections,
        fail(next) {
          fault = next
        },
        cut,
        stop() {
          cut()
          places.delete(address)
        },
      }
    },
  }
}

interface Place {
  take(nearEvents: EndpointEvents): Dialled
}
