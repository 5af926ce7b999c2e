import type { AddressInfo, Server, Socket } from 'node:net'
import { SandboxError } from './errors.ts'

/** The TCP connections under a TLS server; a TLS socket itself has no reset. */
export interface Connections {
  /** Resets the connection of a TLS socket, so that the peer sees ECONNRESET and no close_notify. */
  reset(secure: { remotePort?: number | undefined }): void
  /** Resets every connection, also one that has not finished its TLS handshake. */
  resetAll(): void
}

/** Watches a TLS server's TCP connections. */
export function watchConnections(server: Server): Connections {
  const sockets = new Map<number, Socket>()
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort
    if (port === undefined) return
    sockets.set(port, socket)
    socket.once('close', () => {
      if (sockets.get(port) === socket) sockets.delete(port)
    })
  })
  return {
    reset({ remotePort }) {
      if (remotePort !== undefined) sockets.get(remotePort)?.resetAndDestroy()
    },
    resetAll() {
      for (const socket of [...sockets.values()]) socket.resetAndDestroy()
    },
  }
}

/** Listens on 127.0.0.1; resolves with the port. Rejects with `SandboxError` `port-unavailable`. */
export function listenOnLoopback(server: Server, port: number, field: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = `${field} ${port} cannot be listened on (${error.code ?? error.message}): choose another port, or 0 for a free one.`
      reject(new SandboxError('port-unavailable', message, field))
    })
    server.listen(port, '127.0.0.1', () => {
      const address = server.address() as AddressInfo
      resolve(address.port)
    })
  })
}

/** Stops listening; resolves when the port is free. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
