import { once } from 'node:events'
import type { Server } from 'node:https'
import type { AddressInfo, Socket, Server as TcpServer } from 'node:net'
import type { ListenForRequests } from '@realer-device/contract'

/** Listens on loopback with a server that is about to be; requests come where it speaks HTTPS. */
export function listenForRequests(createServer: () => Server | TcpServer): ListenForRequests {
  return async (accept) => {
    const server = createServer()
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
    server.on('request', async (request, response) => {
      const body: Buffer[] = []
      for await (const chunk of request) body.push(chunk)
      const { method, url: path, headers } = request
      const events = accept(
        { method, path, headers, body: Buffer.concat(body) },
        {
          head: (status, given) => void response.writeHead(status, given).flushHeaders(),
          write: (bytes) => void response.write(bytes),
          end: () => void response.end(),
          cut: () => void request.socket.destroy(),
        },
      )
      response.on('close', () => events.onGone())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      connections: () => sockets.size,
      stop() {
        for (const socket of sockets) socket.destroy()
        server.close()
      },
    }
  }
}
