import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { afterEach } from 'vitest'

/** Servers on loopback that end with the test that started them. */
const running: { readonly server: Server; readonly sockets: Set<Socket> }[] = []

afterEach(async () => {
  for (const { server, sockets } of running.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
})

interface Identity {
  readonly key: string
  readonly cert: string
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    // A client that refuses the certificate resets the connection: no concern of the server's.
    socket.on('error', () => {})
  })
  running.push({ server, sockets })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Starts a TLS server; returns its port. */
export function startTls(
  identity: Identity,
  onConnection: (socket: TLSSocket) => void = () => {},
): Promise<number> {
  const server = createTlsServer(identity, (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  return listen(server)
}

/** Starts a server that speaks no TLS; returns its port. */
export function startTcp(onConnection: (socket: Socket) => void = () => {}): Promise<number> {
  return listen(createTcpServer(onConnection))
}

/** Starts an HTTPS server; returns its port. */
export function startHttps(identity: Identity, onRequest: RequestListener): Promise<number> {
  return listen(createHttpsServer(identity, onRequest))
}

/** A port of loopback on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
