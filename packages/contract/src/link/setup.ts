import type { Clock, OpenLink } from '@realer-device/host'

/** The other side of one link, in the hands of the kit. It may act at once, or later where a promise says when. */
export interface LinkPeer {
  /** Sends bytes to the link. */
  send(bytes: Uint8Array): void | Promise<void>
  /** Stops to read, so that what the link sends backs up, as soon as the transport's own buffers are full. */
  pause(): void | Promise<void>
  /** Reads again. */
  resume(): void | Promise<void>
  /** Ends in good order once everything has left that was sent before. */
  end(): void | Promise<void>
  /** Breaks the connection, such as by a TCP reset. */
  reset(): void | Promise<void>
}

/** What a peer tells the kit. */
export interface LinkPeerEvents {
  /** Bytes of the link came. Not while the peer does not read. */
  onBytes(bytes: Uint8Array): void
  /** The connection is gone, whoever ended it. While the peer does not read, that may stay unnoticed. */
  onOver(): void
}

/** Somewhere that links lead to. */
export interface LinkListener {
  readonly url: string
  /** How many connections came to it, those too that were given up before a link was open. */
  connections(): number | Promise<number>
  /** Ends it, and every connection that is left. */
  stop(): void | Promise<void>
}

/** Begins to listen, at an address of its own. `accept` is called for each link that is open. */
export type ListenForLinks = (accept: (peer: LinkPeer) => LinkPeerEvents) => Promise<LinkListener>

/**
 * What the kit needs to try a link: the link, and peers for it. What is optional is for what not every transport can do;
 * a case that needs what is not given is left out, and `linkCasesLeftOut` names it.
 */
export interface LinkSetup {
  readonly openLink: OpenLink
  /** A peer that the link can verify. */
  readonly listen: ListenForLinks
  /** The schemes that the link takes, without a colon. Default: `mqtts` alone. All others MUST be refused (AUTH-1). */
  readonly schemes?: readonly string[]
  /** A peer whose certificate comes from an authority that the link does not know. */
  readonly listenUntrusted?: ListenForLinks
  /** A peer whose certificate is for another name, from an authority that the link knows. */
  readonly listenAsAnother?: ListenForLinks
  /** A peer that speaks no TLS. */
  readonly listenWithoutTls?: ListenForLinks
  /** A peer that takes connections, and never finishes the handshake. */
  readonly listenSilently?: ListenForLinks
  /** An address at which nothing listens. */
  closedAddress?(): string | Promise<string>
  /** Whether the platform says that it was TLS that failed; where it does not, `network` will do. Default: true. */
  readonly tellsTls?: boolean
  /** The time that the kit waits by; a memory link brings its own. Default: the engine's timers. */
  readonly clock?: Clock
  /** How long the kit waits for what must come, in ms. Default: 10,000. */
  readonly limitMs?: number
}
