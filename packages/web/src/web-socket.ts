/** The part of a WebSocket that a link uses: a browser's, Deno's, Bun's, Node's from 22 on, or that of the package `ws`. */
export interface WebSocketLike {
  binaryType: string
  /** Bytes that wait to leave. */
  readonly bufferedAmount: number
  /** The subprotocol that the server agreed to. */
  readonly protocol: string | null
  // `never` lets every platform's own types of events and of bytes fit.
  addEventListener(type: never, listener: never): void
  send(data: never): void
  close(code?: number): void
  /** Cuts the connection, where the platform lets us: `ws` does. */
  terminate?(): void
}

/** Makes a WebSocket and starts to open it. */
export type WebSocketConstructor = new (address: string, protocol: string) => WebSocketLike

/** What is read of each event of a WebSocket. */
export interface WebSocketEvents {
  readonly open: unknown
  readonly message: { readonly data: unknown }
  /** Where the platform tells anything. */
  readonly error: { readonly error?: unknown; readonly message?: unknown }
  readonly close: { readonly code: number }
}

/** Hears an event of a WebSocket. */
export function listen<Type extends keyof WebSocketEvents>(
  socket: WebSocketLike,
  type: Type,
  listener: (event: WebSocketEvents[Type]) => void,
): void {
  socket.addEventListener(type as never, listener as never)
}
