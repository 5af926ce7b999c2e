import type { CallFailure, CloseCause, HttpAnswer } from '@realer-device/core'

/**
 * What a host needs from the world, as small parts that are plugged in. Nothing else of the world is used: no global
 * clock, timer, socket or random source. The parts call back on their own turn: never from inside the call that asked.
 */
export interface Platform {
  readonly clock: Clock
  /** A number in [0,1) for the backoff's jitter (REC-2). It need not be cryptographic. */
  random(): number
  /** An id that no other observation ever had, such as a UUID: 1 to 128 visible ASCII characters (PUB-4). */
  newMessageId(): string
  /**
   * The time of day, MUST be ISO 8601 UTC, such as `2026-04-29T10:00:01.250Z`: for `value_received_at` (PUB-3), and for a
   * device whose clock is declared trusted (DES-2). It may be wrong, and it may jump.
   */
  wallClock(): string
  readonly caller: HttpsCaller
  readonly openLink: OpenLink
}

/** Monotonic time and its timers. */
export interface Clock {
  /** Milliseconds since any fixed point. MUST never go back, whatever happens to the time of day (CRED-5). */
  now(): number
  /**
   * MUST call `fire` once, after about `delayMs` (0 to 2^31 - 1), unless the returned function was called before. Early
   * by a little or late by any time is allowed: the host looks at `now()` and waits again.
   */
  setTimer(delayMs: number, fire: () => void): () => void
}

/** One HTTPS request. Its headers and body can hold secrets: they MUST NOT be logged or put into a failure's detail. */
export interface HttpsRequest {
  readonly method: string
  /** `https:` always; anything else MUST be refused before a byte is sent (AUTH-1). */
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
  /** The longest time to the end of the answer. */
  readonly timeoutMs: number
}

/** What a request came to: an answer of any status, or why there is none. */
export type HttpsOutcome =
  | { readonly ok: true; readonly answer: HttpAnswer }
  | {
      readonly ok: false
      readonly failure: Extract<CallFailure, 'network' | 'tls' | 'timeout' | 'malformed'>
      /** For people; without secrets. */
      readonly detail: string
    }

/**
 * Makes one HTTPS request, with the server's certificate and name verified, following no redirect and bounding the
 * size of the answer's body. MUST call `finished` exactly once, and never after the returned function, which ends the
 * request at once, was called.
 */
export type HttpsCaller = (request: HttpsRequest, finished: (outcome: HttpsOutcome) => void) => () => void

/** Where a link leads. */
export interface LinkTarget {
  /** `mqtts://host`, with an optional port; 8883 without one. Any other scheme MUST be refused (AUTH-1). */
  readonly url: string
  /** The longest time until the link is open, TLS included (CONN-3). */
  readonly timeoutMs: number
}

/** Why a link ended: we closed it, the peer closed it, or it failed. */
export type LinkCloseCause = Extract<CloseCause, 'client' | 'server' | 'network' | 'tls' | 'timeout'>

/** What a link tells. None of these throws. */
export interface LinkEvents {
  /** The server is verified and bytes can be sent. At most once, and before any bytes. */
  onOpen(): void
  /** Bytes came, in any chunks. They are not kept after the call. */
  onBytes(bytes: Uint8Array): void
  /** The link is over. MUST be the last event, exactly once, unless `destroy` was called. `detail` holds no secret. */
  onClosed(cause: LinkCloseCause, detail: string): void
}

/** A TLS byte stream, open or on its way. No call throws. */
export interface Link {
  /** Sends bytes in the order of the calls. Only called between `onOpen` and `close`. The bytes do not change afterwards. */
  send(bytes: Uint8Array): void
  /** Ends the link once everything sent before has left; `onClosed` follows. */
  close(): void
  /** Ends the link now, from any state. No event MUST follow. May be called twice. */
  destroy(): void
}

/** Starts to open a link: TLS, with the server's certificate and name verified (CONN-1). */
export type OpenLink = (target: LinkTarget, events: LinkEvents) => Link
