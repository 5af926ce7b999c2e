/** The part of a WebSocket that a link uses: a browser's, Deno's, Bun's, Node's from 22 on, or that of the package `ws`. */
export interface WebSocketLike {
  binaryType: string
  /** Bytes that wait to leave. */
  readonly bufferedAmount: number
  /** The subprotocol that the server agreed to. */
  readonly protocol: string
  // A handler is written here and never called from here; `never` lets every platform's own event type fit.
  onopen: ((event: never) => unknown) | null
  onmessage: ((event: never) => unknown) | null
  onerror: ((event: never) => unknown) | null
  onclose: ((event: never) => unknown) | null
  send(data: Uint8Array): void
  close(code?: number): void
  /** Cuts the connection, where the platform lets us: `ws` does. */
  terminate?(): void
}

/** Makes a WebSocket and starts to open it. */
export type WebSocketConstructor = new (address: string, protocol: string) => WebSocketLike

/** What is read of the event `message`. */
export interface MessageEventLike {
  readonly data: unknown
}

/** What is read of the event `error`, where the platform tells anything. */
export interface ErrorEventLike {
  readonly error?: unknown
  readonly message?: unknown
}

/** What is read of the event `close`. */
export interface CloseEventLike {
  readonly code: number
}
