import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { LinkPeer, ListenForLinks } from '@realer-device/contract'
import { type WebSocket, WebSocketServer } from 'ws'

/** Listens for WebSockets on loopback. The address is `mqtts:`, as a catalog has it: the link's `address` maps it. */
export function listenOnWss(identity: { readonly key: string; readonly cert: string }): ListenForLinks {
  return async (accept) => {
    const https = createServer(identity)
    const server = new WebSocketServer({ server: https, handleProtocols: () => 'mqtt' })
    // The TCP connections below, by the ports they come from.
    const below = new Map<number, Socket>()
    let connections = 0
    https.on('connection', (socket: Socket) => {
      connections += 1
      below.set(
        socket.remotePort ?? 0,
        socket.on('error', () => {}),
      )
    })
    server.on('connection', (socket, { socket: { remotePort } }) => {
      const events = accept(peerOf(socket, () => below.get(remotePort ?? 0)?.resetAndDestroy()))
      socket.on('error', () => {})
      socket.on('message', (data: Uint8Array) => events.onBytes(data))
      socket.on('close', () => events.onOver())
    })
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
    return {
      url: `mqtts://127.0.0.1:${(https.address() as AddressInfo).port}`,
      connections: () => connections,
      stop() {
        for (const socket of below.values()) socket.destroy()
        https.close()
      },
    }
  }
}

function peerOf(socket: WebSocket, reset: () => void): LinkPeer {
  return {
    send: (bytes) => socket.send(bytes),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.close(1000),
    reset,
  }
}
