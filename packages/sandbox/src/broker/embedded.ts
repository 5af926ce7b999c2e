import { createServer, type TLSSocket } from 'node:tls'
import { writeToStream } from 'mqtt-packet'
import type { CertificateAuthority } from '../ca.ts'
import type { Settings } from '../options.ts'
import { REASON } from '../reason-codes.ts'
import { closeServer, listenOnLoopback, watchConnections } from '../tcp.ts'
import type { Broker } from './port.ts'
import { openSession, type Session, type SessionParts } from './session.ts'

/** Starts our own MQTT 5 broker over TLS on 127.0.0.1. Rejects with `SandboxError` `port-unavailable`. */
export async function startEmbeddedBroker(
  parts: Omit<SessionParts, 'reset' | 'connected' | 'limits'> & {
    settings: Settings
    authority: CertificateAuthority
  },
): Promise<Broker> {
  const { settings, authority } = parts
  // Otherwise mqtt-packet makes 65,536 buffers at its first packet.
  writeToStream.cacheNumbers = false
  const sessions = new Set<Session>()
  const server = createServer({
    key: authority.privateKeyPem,
    cert: authority.certificatePem,
    minVersion: 'TLSv1.2',
    noDelay: true,
  })
  const connections = watchConnections(server)

  server.on('secureConnection', (socket: TLSSocket) => {
    const session = openSession(socket, {
      ...parts,
      limits: settings.limits,
      // The port is asked for now: a socket that is closed has none.
      reset: connections.reset.bind(undefined, { remotePort: socket.remotePort }),
      connected: takeOver,
    })
    sessions.add(session)
    socket.once('close', () => sessions.delete(session))
  })
  // A failed handshake is the client's affair: it sees its own error.
  server.on('tlsClientError', (_error, socket) => socket.destroy())

  // MQTT 5, 3.1.4: the same client id connecting again ends the older session (there is one client id).
  function takeOver(session: Session): void {
    for (const other of online()) if (other !== session) other.end(REASON.sessionTakenOver)
  }

  function online(): Session[] {
    return [...sessions].filter((session) => session.username !== undefined)
  }

  const port = await listenOnLoopback(server, settings.brokerPort, 'brokerPort')
  return {
    url: `mqtts://127.0.0.1:${port}`,
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
      const closed = closeServer(server)
      // A device that does not read its DISCONNECT, or never finished TLS, must not hold up the end.
      const stragglers = setTimeout(connections.resetAll, 500)
      await closed
      clearTimeout(stragglers)
    },
  }
}
