import type { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'

/** What carries the bytes of a session: TLS, or a WebSocket on top of it. */
export interface Carrier {
  /** Does nothing when the carrier is over. */
  write(bytes: Uint8Array): void
  /** Ends the connection once what was written has left. */
  endSoon(): void
  /** Resets the connection at TCP level. */
  reset(): void
  onBytes(listener: (bytes: Buffer) => void): void
  onClosed(listener: () => void): void
}

/** A TLS connection as a carrier. */
export function tlsCarrier(socket: TLSSocket, reset: () => void): Carrier {
  // A reset by the peer arrives as an error; 'close' follows and is what counts.
  socket.on('error', () => {})
  return {
    write(bytes) {
      if (!socket.destroyed) socket.write(bytes)
    },
    endSoon: () => socket.destroySoon(),
    reset,
    onBytes: (listener) => void socket.on('data', listener),
    onClosed: (listener) => void socket.once('close', listener),
  }
}

/** A WebSocket as a carrier; packets need not begin with its frames (MQTT 5, 6.0). */
export function webSocketCarrier(socket: WebSocket, reset: () => void): Carrier {
  socket.on('error', () => {})
  return {
    write(bytes) {
      if (socket.readyState === socket.OPEN) socket.send(bytes)
    },
    endSoon: () => socket.close(1000),
    reset,
    onBytes(listener) {
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) listener(data)
      })
    },
    onClosed: (listener) => void socket.once('close', listener),
  }
}
