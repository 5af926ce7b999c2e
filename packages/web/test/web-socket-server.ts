import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

/** Starts a wss server on loopback that ends with the test; returns its address. It agrees to `mqtt`, or to what is said. */
export async function startWss(
  identity: { readonly key: string; readonly cert: string },
  onConnection: (socket: WebSocket) => void = () => {},
  agreed: string | false = 'mqtt',
): Promise<string> {
  const https = createServer(identity)
  const server = new WebSocketServer({ server: https, handleProtocols: () => agreed })
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  endings.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
    return new Promise((resolve) => https.close(resolve))
  })
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  return `wss://127.0.0.1:${(https.address() as AddressInfo).port}/mqtt`
}
