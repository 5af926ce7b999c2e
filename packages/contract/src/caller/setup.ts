import type { Clock, HttpsCaller } from '@realer-device/host'

/** A request as it came to the server. */
export interface SeenRequest {
  readonly method: string
  /** Path and query, such as `/path?query`. */
  readonly path: string
  /** By names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  /** The whole body. */
  readonly body: Uint8Array
}

/** How the kit answers. It may act at once, or later where a promise says when. */
export interface Responder {
  /** Sends status and headers. Called once, first. */
  head(status: number, headers: { readonly [name: string]: string }): void | Promise<void>
  /** Sends a part of the body, at once. */
  write(bytes: Uint8Array): void | Promise<void>
  /** Ends the answer. */
  end(): void | Promise<void>
  /** Breaks the connection. */
  cut(): void | Promise<void>
}

/** What a server tells the kit of a request. */
export interface ExchangeEvents {
  /** The connection is gone before the answer was over. */
  onGone(): void
}

/** Somewhere that requests lead to. */
export interface HttpsListener {
  /** Such as `https://127.0.0.1:8443`, without a path. */
  readonly origin: string
  /** How many connections came to it, those too on which no request came. */
  connections(): number | Promise<number>
  /** Ends it, and every connection that is left. */
  stop(): void | Promise<void>
}

/** Begins to listen, at an address of its own. `accept` is called for each request that has come whole. */
export type ListenForRequests = (
  accept: (request: SeenRequest, responder: Responder) => ExchangeEvents,
) => Promise<HttpsListener>

/**
 * What the kit needs to try an HTTPS caller. What is optional is for what not every platform can do; a case that needs
 * what is not given is left out, and `callerCasesLeftOut` names it.
 */
export interface CallerSetup {
  readonly caller: HttpsCaller
  /** A server that the caller can verify. For a browser it has to allow requests of other origins. */
  readonly listen: ListenForRequests
  /** A server whose certificate comes from an authority that the caller does not know. */
  readonly listenUntrusted?: ListenForRequests
  /** A server whose certificate is for another name, from an authority that the caller knows. */
  readonly listenAsAnother?: ListenForRequests
  /** A server that speaks no TLS. */
  readonly listenWithoutTls?: ListenForRequests
  /** A server that takes connections, and never finishes the handshake. */
  readonly listenSilently?: ListenForRequests
  /** An address, without a path, at which nothing listens. */
  closedAddress?(): string | Promise<string>
  /** Whether the platform says that it was TLS that failed; where it does not, `network` will do. Default: true. */
  readonly tellsTls?: boolean
  /** Whether the platform shows a redirect, unlike `fetch` in a browser; else any failure will do. Default: true. */
  readonly showsRedirects?: boolean
  /** The time that the kit waits by. Default: the engine's timers. */
  readonly clock?: Clock
  /** How long the kit waits for what must come, in ms. Default: 10,000. */
  readonly limitMs?: number
}
