import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { LinkPeer, ListenForLinks } from '@realer-device/contract'

/** Listens on loopback. `opened` is the server's event for a connection on which bytes can be exchanged. */
export function listenOn(createServer: () => Server, scheme: string, opened: string): ListenForLinks {
  return async (accept) => {
    const server = createServer()
    // The TCP connections below TLS, by the ports they come from: TLS itself has no reset.
    const below = new Map<number, Socket>()
    let connections = 0
    server.on('connection', (socket: Socket) => {
      connections += 1
      below.set(
        socket.remotePort ?? 0,
        socket.on('error', () => {}),
      )
    })
    if (opened !== '')
      server.on(opened, (socket: Socket) => {
        const events = accept(peerOf(socket, below.get(socket.remotePort ?? 0) ?? socket))
        socket.on('error', () => {})
        socket.on('data', (bytes: Uint8Array) => events.onBytes(bytes))
        socket.on('close', () => events.onOver())
      })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
      connections: () => connections,
      stop() {
        for (const socket of below.values()) socket.destroy()
        server.close()
      },
    }
  }
}

function peerOf(socket: Socket, below: Socket): LinkPeer {
  return {
    send: (bytes) => void socket.write(bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    reset: () => void below.resetAndDestroy(),
  }
}
