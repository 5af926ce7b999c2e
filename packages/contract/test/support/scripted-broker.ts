import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type {
  BrokerPacket,
  BrokerPeer,
  ClientPacket,
  ClientSetup,
  ListenForClients,
} from '@realer-device/contract'
import { encode, packetReader } from '../../../mqtt/test/support.ts'
import { createAuthority } from '../../../node/test/authority.ts'

type Encodable = Parameters<typeof encode>[0]
type Decoded = Parameters<Parameters<typeof packetReader>[0]>[0]

/** Brokers on loopback for the kit of MQTT clients, with an MQTT 5 codec that is nobody's under test. */
export async function scriptedBrokers(): Promise<Omit<ClientSetup, 'openMqtt'> & { readonly caPem: string }> {
  const authority = await createAuthority()
  const identity = await authority.issue()
  const unknown = await (await createAuthority()).issue()
  return {
    caPem: authority.caPem,
    listen: listenOn(() => createTlsServer({ ...identity, noDelay: true }), 'secureConnection'),
    listenUntrusted: listenOn(() => createTlsServer(unknown), 'secureConnection'),
    listenSilently: listenOn(() => createTcpServer(), null),
  }
}

/** `opened` is the server's event for a connection on which packets can be exchanged; null: there is none. */
function listenOn(createServer: () => Server, opened: string | null): ListenForClients {
  return async (accept) => {
    const server = createServer()
    const sockets = new Set<Socket>()
    let connections = 0
    server.on('connection', (socket: Socket) => {
      connections += 1
      sockets.add(socket.on('error', () => {}))
    })
    if (opened !== null)
      server.on(opened, (socket: Socket) => {
        const events = accept(peerOf(socket))
        const read = packetReader((packet) => events.onPacket(plainPacket(packet)))
        socket.on('error', () => {})
        socket.on('data', (chunk: Uint8Array) => {
          try {
            read(chunk)
          } catch {
            events.onPacket({ type: 'other', name: 'what is no MQTT' })
          }
        })
        socket.on('close', () => events.onOver())
      })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `mqtts://127.0.0.1:${(server.address() as AddressInfo).port}`,
      connections: () => connections,
      stop() {
        for (const socket of sockets) socket.destroy()
        server.close()
      },
    }
  }
}

function peerOf(socket: Socket): BrokerPeer {
  return {
    send: (...packets) =>
      void socket.write(Buffer.concat(packets.map((packet) => encode(encodable(packet))))),
    sendBytes: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
  }
}

function encodable(packet: BrokerPacket): Encodable {
  switch (packet.type) {
    case 'connack': {
      const { reasonCode, receiveMaximum, maximumPacketSize, serverKeepAliveSeconds } = packet
      const properties = {
        ...(receiveMaximum !== undefined && { receiveMaximum }),
        ...(maximumPacketSize !== undefined && { maximumPacketSize }),
        ...(serverKeepAliveSeconds !== undefined && { serverKeepAlive: serverKeepAliveSeconds }),
      }
      return { cmd: 'connack', sessionPresent: false, reasonCode, properties }
    }
    case 'suback':
      return { cmd: 'suback', messageId: packet.packetId, granted: [...packet.reasonCodes] }
    case 'puback':
      return { cmd: 'puback', messageId: packet.packetId, reasonCode: packet.reasonCode }
    case 'publish': {
      const { topic, payload, qos, packetId } = packet
      const message = { cmd: 'publish', topic, payload, qos, dup: false, retain: false } as const
      return packetId === undefined ? message : { ...message, messageId: packetId }
    }
    case 'pingresp':
      return { cmd: 'pingresp' }
    case 'disconnect':
      return { cmd: 'disconnect', reasonCode: packet.reasonCode }
  }
}

function plainPacket(packet: Decoded): ClientPacket {
  switch (packet.cmd) {
    case 'connect': {
      const { protocolVersion = 0, clientId, username = null, password, clean = false, will } = packet
      return {
        type: 'connect',
        protocolVersion,
        clientId,
        username,
        password: password === undefined ? null : password.toString(),
        cleanStart: clean,
        keepAliveSeconds: packet.keepalive ?? 0,
        sessionExpirySeconds: packet.properties?.sessionExpiryInterval ?? 0,
        will:
          will === undefined
            ? null
            : {
                topic: will.topic,
                payload: will.payload.toString(),
                qos: will.qos ?? 0,
                retain: will.retain ?? false,
                delaySeconds: will.properties?.willDelayInterval ?? 0,
              },
      }
    }
    case 'subscribe': {
      const topics = packet.subscriptions.map(({ topic, qos }) => ({ topic, qos }))
      return { type: 'subscribe', packetId: packet.messageId ?? 0, topics }
    }
    case 'publish': {
      const { messageId: packetId = 0, topic, payload, qos, retain, dup } = packet
      return { type: 'publish', packetId, topic, payload: payload.toString(), qos, retain, dup }
    }
    case 'puback':
      return { type: 'puback', packetId: packet.messageId ?? 0, reasonCode: packet.reasonCode ?? 0 }
    case 'pingreq':
      return { type: 'pingreq' }
    case 'disconnect':
      return { type: 'disconnect', reasonCode: packet.reasonCode ?? 0 }
    default:
      return { type: 'other', name: packet.cmd }
  }
}
