import type { Link, LinkCloseCause } from '@realer-device/host'
import { differenceOf, joinBytes } from '../bytes.ts'
import { engineClock } from '../engine.ts'
import { createWatch, demand, type Watch } from '../watch.ts'
import { type ProbedLink, type ProbeHooks, probeLink } from './probe.ts'
import type { LinkListener, LinkPeer, LinkSetup, ListenForLinks } from './setup.ts'

/** A peer and what it has heard. */
export interface HeardPeer extends LinkPeer {
  readonly isOver: boolean
  readonly receivedBytes: number
  received(): Uint8Array
}

/** A listener and the peers of the links that were opened to it. */
export interface HeardListener extends LinkListener {
  readonly peers: readonly HeardPeer[]
}

/** A link that is open, and its peer. */
export interface Pair {
  readonly link: ProbedLink
  readonly peer: HeardPeer
  readonly listener: HeardListener
}

/** What a case of the link kit works with. All that it opens ends with the case. */
export interface LinkBench extends Watch {
  readonly setup: LinkSetup
  /** Monotonic, in ms. */
  now(): number
  listen(how?: ListenForLinks): Promise<HeardListener>
  open(url: string, hooks?: ProbeHooks, timeoutMs?: number): ProbedLink
  /** Opens a link, and waits until both sides know. */
  pair(hooks?: ProbeHooks, listener?: HeardListener): Promise<Pair>
  /** Waits until the link has ended, and looks at the cause. */
  ends(link: ProbedLink, cause: LinkCloseCause, clause: string): Promise<void>
  /** Waits until these bytes, and no others, have come. */
  arrives(
    at: { readonly receivedBytes: number; received(): Uint8Array },
    bytes: Uint8Array,
    clause: string,
  ): Promise<void>
  /** Waits until the transport's connection is there, though no link is open. */
  reached(listener: HeardListener): Promise<void>
  /** Waits until the peer knows that the connection is gone. */
  isOver(peer: HeardPeer, clause: string): Promise<void>
  /** A while in which what must not come could come. */
  quiet(): Promise<void>
}

const DEFAULT_LIMIT_MS = 10_000
const QUIET_MS = 30
const POLL_MS = 5

/** Runs a case on a bench of its own. */
export async function onLinkBench(setup: LinkSetup, run: (bench: LinkBench) => Promise<void>): Promise<void> {
  const clock = setup.clock ?? engineClock
  const limitMs = setup.limitMs ?? DEFAULT_LIMIT_MS
  const watch = createWatch(clock, limitMs)
  const listeners: LinkListener[] = []
  const links: Link[] = []

  const bench: LinkBench = {
    ...watch,
    setup,
    now: () => clock.now(),
    async listen(how = setup.listen) {
      const listener = await listenAndHear(how, watch)
      listeners.push(listener)
      return listener
    },
    open(url, hooks = {}, timeoutMs = limitMs) {
      const link = probeLink(setup.openLink, { url, timeoutMs }, hooks, watch)
      links.push(link)
      return link
    },
    async pair(hooks = {}, given) {
      const listener = given ?? (await bench.listen())
      const before = listener.peers.length
      const link = bench.open(listener.url, hooks)
      await watch.until(() => link.isOpen, 'LINK-3', 'the link opens')
      await watch.until(() => listener.peers.length > before, 'LINK-3', 'the peer has the link')
      const peer = listener.peers[before]
      demand(peer !== undefined, 'LINK-3', 'the peer has no link')
      return { link, peer, listener }
    },
    async ends(link, cause, clause) {
      await watch.until(() => link.end !== null, clause, `the link ends with ${cause}`)
      const told = link.end
      demand(
        told?.cause === cause,
        clause,
        `the link ended with ${told?.cause} and not ${cause}: ${told?.detail}`,
      )
    },
    async arrives(at, bytes, clause) {
      await watch.until(() => at.receivedBytes >= bytes.length, clause, `${bytes.length} bytes arrive`)
      const difference = differenceOf(at.received(), bytes)
      demand(difference === null, clause, difference ?? '')
    },
    async reached(listener) {
      for (const startedAt = clock.now(); (await listener.connections()) === 0; await watch.pause(POLL_MS))
        demand(clock.now() - startedAt < limitMs, 'LINK-15', 'no connection was made')
    },
    async isOver(peer, clause) {
      await peer.resume()
      await watch.until(() => peer.isOver, clause, 'the peer sees the end of the connection')
    },
    quiet: () => watch.pause(QUIET_MS),
  }

  try {
    await run(bench)
    await bench.quiet()
    watch.end()
  } finally {
    for (const link of links) link.destroy()
    for (const listener of listeners) await listener.stop()
  }
}

async function listenAndHear(how: ListenForLinks, watch: Watch): Promise<HeardListener> {
  const peers: HeardPeer[] = []
  const listener = await how((peer) => {
    const chunks: Uint8Array[] = []
    let receivedBytes = 0
    let isOver = false
    peers.push({
      send: (bytes) => peer.send(bytes),
      pause: () => peer.pause(),
      resume: () => peer.resume(),
      end: () => peer.end(),
      reset: () => peer.reset(),
      get isOver() {
        return isOver
      },
      get receivedBytes() {
        return receivedBytes
      },
      received: () => joinBytes(chunks),
    })
    watch.changed()
    return {
      onBytes(bytes) {
        chunks.push(bytes.slice())
        receivedBytes += bytes.length
        watch.changed()
      },
      onOver() {
        isOver = true
        watch.changed()
      },
    }
  })
  return {
    url: listener.url,
    connections: () => listener.connections(),
    stop: () => listener.stop(),
    peers,
  }
}
