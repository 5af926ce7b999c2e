import { createServer } from 'node:tls'
import { writeToStream } from 'mqtt-packet'
import type { CertificateAuthority } from '../ca.ts'
import type { Settings } from '../options.ts'
import { REASON } from '../reason-codes.ts'
import { type Carrier, tlsCarrier } from './carrier.ts'
import { type Listener, startListener } from './listener.ts'
import type { Broker } from './port.ts'
import { openSession, type Session, type SessionParts } from './session.ts'
import { startWebSocketListener, WEB_SOCKET_PATH } from './web-socket-listener.ts'

/**
 * Starts our own MQTT 5 broker on 127.0.0.1, over TLS and, where it is asked for, over WebSocket too. Rejects with
 * `SandboxError` `port-unavailable`.
 */
export async function startEmbeddedBroker(
  parts: Omit<SessionParts, 'connected' | 'limits'> & {
    settings: Settings
    authority: CertificateAuthority
  },
): Promise<Broker> {
  const { settings, authority, ledger } = parts
  // Otherwise mqtt-packet makes 65,536 buffers at its first packet.
  writeToStream.cacheNumbers = false
  const sessions = new Set<Session>()

  function serve(carrier: Carrier): void {
    const session = openSession(carrier, { ...parts, limits: settings.limits, connected: takeOver })
    sessions.add(session)
    carrier.onClosed(() => sessions.delete(session))
  }

  // MQTT 5, 3.1.4: the same client id connecting again ends the older session (there is one client id).
  function takeOver(session: Session): void {
    for (const other of online()) if (other !== session) other.end(REASON.sessionTakenOver)
  }

  function online(): Session[] {
    return [...sessions].filter((session) => session.username !== undefined)
  }

  const tls = await startTlsListener(authority, settings.brokerPort, serve)
  const webSocket = await startWebSocket().catch(async (error: unknown) => {
    await tls.close()
    throw error
  })

  async function startWebSocket(): Promise<Listener | null> {
    if (!settings.webSocket) return null
    return startWebSocketListener({
      authority,
      port: settings.webSocketPort,
      serve,
      violated: ({ rule, detail }) => ledger.write({ kind: 'violation', rule, detail }),
    })
  }

  return {
    url: `mqtts://127.0.0.1:${tls.port}`,
    webSocketUrl: webSocket === null ? null : `wss://127.0.0.1:${webSocket.port}${WEB_SOCKET_PATH}`,
    admit: () => Promise.resolve(),
    expel(username) {
      for (const session of online()) if (session.username === username) session.end(REASON.notAuthorized)
    },
    publish(topic, payload) {
      const session = online().find((one) => one.isSubscribed(topic))
      return Promise.resolve(session?.publish(topic, payload) ? 'sent' : 'no-subscriber')
    },
    dropConnections() {
      for (const session of [...sessions]) session.drop()
    },
    disconnectClients(reasonCode) {
      for (const session of online()) session.end(reasonCode)
    },
    acceptFault: () => {},
    // It lives and ends with this process.
    death: new Promise(() => {}),
    async close() {
      for (const session of [...sessions]) session.end(REASON.serverShuttingDown)
      await Promise.all([tls.close(), webSocket?.close()])
    },
  }
}

function startTlsListener(
  authority: CertificateAuthority,
  port: number,
  serve: (carrier: Carrier) => void,
): Promise<Listener> {
  const { privateKeyPem: key, certificatePem: cert } = authority
  const server = createServer({ key, cert, minVersion: 'TLSv1.2', noDelay: true })
  return startListener(server, { port, field: 'brokerPort' }, (connections) => {
    server.on('secureConnection', (socket) => {
      // The port is asked for now: a socket that is closed has none.
      const { remotePort } = socket
      serve(tlsCarrier(socket, () => connections.reset({ remotePort })))
    })
  })
}
