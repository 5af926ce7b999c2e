/** Where a link leads. */
export interface LinkTarget {
  /** `mqtts://host`, with an optional port; 8883 without one. Any other scheme MUST be refused (AUTH-1). */
  readonly url: string
  /** The longest time until the link is open, TLS included (CONN-3). */
  readonly timeoutMs: number
}

/**
 * Why a link ended. It says who ended it, and so whether the same address is worth another try; `linkEnds` has both.
 *
 * - `client`: we closed it.
 * - `server`: the peer closed it in good order.
 * - `network`: it could not be opened, or it broke.
 * - `timeout`: it was not open within `timeoutMs`.
 * - `tls`: the peer could not be verified, or spoke no TLS that we accept.
 * - `unusable`: this link can never lead to such an address; nothing was sent.
 */
export type LinkCloseCause = 'client' | 'server' | 'network' | 'timeout' | 'tls' | 'unusable'

/** Who ended a link, and whether to try the address again: after a backoff, or not before something was mended. */
export interface LinkEnd {
  readonly by: 'us' | 'peer' | 'nobody'
  readonly retry: 'after-backoff' | 'when-mended' | 'never'
}

/** What each cause means for the one who reads it. The machine itself tries again in any case, with its backoff (REC-2). */
export const linkEnds: { readonly [Cause in LinkCloseCause]: LinkEnd } = {
  client: { by: 'us', retry: 'after-backoff' },
  server: { by: 'peer', retry: 'after-backoff' },
  network: { by: 'nobody', retry: 'after-backoff' },
  timeout: { by: 'us', retry: 'after-backoff' },
  tls: { by: 'us', retry: 'when-mended' },
  unusable: { by: 'us', retry: 'never' },
}

/**
 * How many bytes may wait to leave before a link stops to read: 256 KiB. A peer that sends and does not read could
 * otherwise fill our memory with our answers.
 */
export const LINK_HIGH_WATER_BYTES = 262_144

/** What a link tells. None of these throws. */
export interface LinkEvents {
  /** The server is verified and bytes can be sent. At most once, and before any bytes. */
  onOpen(): void
  /**
   * Bytes came, in any chunks, in the peer's order. They are not kept after the call. MUST NOT be called while more than
   * {@link LINK_HIGH_WATER_BYTES} wait to leave.
   */
  onBytes(bytes: Uint8Array): void
  /** The link is over. MUST be the last event, exactly once, unless `destroy` was called. `detail` holds no secret. */
  onClosed(cause: LinkCloseCause, detail: string): void
}

/**
 * A byte stream to the broker, open or on its way. No call throws, and none leads to an event before it has returned.
 * The kit in `@realer-device/contract` proves each MUST.
 */
export interface Link {
  /**
   * Sends bytes in the order of the calls; none is dropped while the link lasts. Before `onOpen`, and after `close` or the
   * end, the call does nothing. The bytes do not change afterwards.
   */
  send(bytes: Uint8Array): void
  /** Ends the link once everything sent before has left; `onClosed` follows with `client`. May be called twice. */
  close(): void
  /** Ends the link now, from any state. No event MUST follow. May be called twice. */
  destroy(): void
}

/**
 * Starts to open a link: TLS, with the server's certificate and name verified (CONN-1). It MUST NOT throw, whatever the
 * target: what is wrong is told by `onClosed`, and no event comes before it has returned.
 */
export type OpenLink = (target: LinkTarget, events: LinkEvents) => Link
