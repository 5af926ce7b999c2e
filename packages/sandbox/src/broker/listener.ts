import type { Server } from 'node:net'
import { type Connections, closeServer, listenOnLoopback, watchConnections } from '../tcp.ts'

/** A server that carries sessions, listening. */
export interface Listener {
  readonly port: number
  /** Stops listening, and gives the connections that are left a moment to end. */
  close(): Promise<void>
}

/** How long a device may take to read its DISCONNECT, or a stranger to finish TLS, before it is reset. */
const STRAGGLER_MS = 500

/** Starts a server on 127.0.0.1, with its TCP connections at hand. Rejects with `SandboxError` `port-unavailable`. */
export async function startListener(
  server: Server,
  { port, field }: { port: number; field: string },
  serve: (connections: Connections) => void,
): Promise<Listener> {
  const connections = watchConnections(server)
  serve(connections)
  // A failed handshake is the client's affair: it sees its own error.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return {
    port: await listenOnLoopback(server, port, field),
    async close() {
      const closed = closeServer(server)
      const stragglers = setTimeout(connections.resetAll, STRAGGLER_MS)
      await closed
      clearTimeout(stragglers)
    },
  }
}
