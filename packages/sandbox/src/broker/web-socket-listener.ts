import { createServer } from 'node:https'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CertificateAuthority } from '../ca.ts'
import { type Carrier, webSocketCarrier } from './carrier.ts'
import type { Violation } from './checks.ts'
import { type Listener, startListener } from './listener.ts'

/** Where a client asks for the WebSocket. */
export const WEB_SOCKET_PATH = '/mqtt'
const SUBPROTOCOL = 'mqtt'
const RULE = 'MQTT5 6.0'
const UNSUPPORTED_DATA = 1003
const POLICY_VIOLATION = 1008

/** Listens for MQTT over WebSocket over TLS (MQTT 5, 6.0). Rejects with `SandboxError` `port-unavailable`. */
export function startWebSocketListener(parts: {
  authority: CertificateAuthority
  port: number
  serve: (carrier: Carrier) => void
  violated: (violation: Violation) => void
}): Promise<Listener> {
  const { authority, port, serve, violated } = parts
  const { privateKeyPem: key, certificatePem: cert } = authority
  const server = createServer({ key, cert, minVersion: 'TLSv1.2', noDelay: true }, (_request, response) => {
    response.writeHead(426, { upgrade: 'websocket' }).end()
  })

  function breach(socket: WebSocket, detail: string, code: number): void {
    violated({ rule: RULE, detail })
    socket.close(code)
  }

  return startListener(server, { port, field: 'webSocketPort' }, (connections) => {
    const sockets = new WebSocketServer({
      server,
      path: WEB_SOCKET_PATH,
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    })
    // The errors of listening are told by the server itself.
    sockets.on('error', () => {})
    sockets.on('connection', (socket, { socket: { remotePort } }) => {
      const carrier = webSocketCarrier(socket, () => connections.reset({ remotePort }))
      if (socket.protocol !== SUBPROTOCOL) return breach(socket, 'no subprotocol mqtt', POLICY_VIOLATION)
      socket.on('message', (_data, isBinary) => {
        if (!isBinary) breach(socket, 'a frame that is not binary', UNSUPPORTED_DATA)
      })
      serve(carrier)
    })
  })
}
