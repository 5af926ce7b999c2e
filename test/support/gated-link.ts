import type { OpenLink } from '@realer-device/host'
import { createPacketCutter, packetTypes, typeOf } from './packet-cutter.ts'
import type { Watch } from './watch.ts'

type Link = ReturnType<OpenLink>
type Target = Parameters<OpenLink>[0]
type Events = Parameters<OpenLink>[1]

/** What the peer did: one packet, or the end of the link. */
export type FromPeer = keyof typeof packetTypes | 'closed'

/** A TLS link before a gate: it opens, lets out and hands on only what it is told to. */
export interface GatedLink {
  /** Opens the real link; the device hears of it, and what it sends at once (CONNECT) leaves. */
  open(): void
  readonly isOpened: boolean
  /** Lets out everything that the device has sent: SUBSCRIBE and PUBLISH wait, and what comes behind them. */
  letOut(): void
  /** Waits until the peer has done this, and hands on nothing. */
  arrival(what: FromPeer): Promise<void>
  /** Waits until the peer has done this, and hands on all that came up to it. */
  hand(what: FromPeer): Promise<void>
}

/** Gates before the links of one device. */
export interface GatedLinks {
  readonly openLink: OpenLink
  /** The latest link. Throws where there was none. */
  current(): GatedLink
  /** Whether the device has a link that it has not ended, and that has not ended for it. */
  readonly isUp: boolean
  /** Cuts every link. */
  end(): void
}

/** A gate before every link that is opened. */
export function gateLinks(real: OpenLink, watch: Watch): GatedLinks {
  const links: (GatedLink & { readonly isOver: boolean; end(): void })[] = []
  return {
    openLink(target, events) {
      const { link, gate } = gateLink(real, watch, target, events)
      links.push(gate)
      return link
    },
    current() {
      const link = links.at(-1)
      if (link === undefined) throw new Error('the device has opened no link')
      return link
    },
    get isUp() {
      return links.some(({ isOver }) => !isOver)
    },
    end() {
      for (const link of links) link.end()
    },
  }
}

interface Held {
  readonly what: FromPeer | null
  hand(): void
}

const heldOnTheWayOut: readonly number[] = [packetTypes.subscribe, packetTypes.publish]

function gateLink(real: OpenLink, watch: Watch, target: Target, events: Events) {
  let opened: Link | null = null
  let inbound: Held[] = []
  let outbound: Uint8Array[] = []
  let isOver = false
  const cut = createPacketCutter()

  function hold(held: Held): void {
    inbound.push(held)
    watch.changed()
  }

  async function arrival(what: FromPeer): Promise<void> {
    await watch.until(() => inbound.find((held) => held.what === what) ?? null, `the peer's ${what}`)
  }

  function letOut(): void {
    for (const bytes of outbound.splice(0)) opened?.send(bytes)
  }

  function end(): void {
    isOver = true
    inbound = []
    outbound = []
    opened?.destroy()
  }

  const link: Link = {
    send(bytes) {
      outbound.push(bytes)
      if (!outbound.some((one) => heldOnTheWayOut.includes(typeOf(one)))) letOut()
    },
    close() {
      // "Once everything sent before has left": the platform's contract.
      letOut()
      opened?.close()
    },
    destroy: end,
  }

  const gate = {
    open() {
      opened = real(target, {
        onOpen: events.onOpen,
        onBytes(bytes) {
          for (const packet of cut(bytes)) hold({ what: nameOf(packet), hand: () => events.onBytes(packet) })
        },
        onClosed: (cause, detail) => hold({ what: 'closed', hand: () => events.onClosed(cause, detail) }),
      })
    },
    get isOpened() {
      return opened !== null
    },
    get isOver() {
      return isOver
    },
    letOut,
    arrival,
    async hand(what: FromPeer) {
      await arrival(what)
      for (let held = inbound.shift(); held !== undefined; held = inbound.shift()) {
        held.hand()
        if (held.what === what) return
      }
    },
    end,
  }
  return { link, gate }
}

function nameOf(packet: Uint8Array): FromPeer | null {
  const names = Object.keys(packetTypes) as (keyof typeof packetTypes)[]
  return names.find((name) => packetTypes[name] === typeOf(packet)) ?? null
}
