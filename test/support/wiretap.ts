import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { Sandbox } from '@realer-device/sandbox'
import { packetReader, type packetsSent } from '../../packages/mqtt/test/support.ts'
import { createAuthority } from '../../packages/node/test/authority.ts'

/** A packet of the device, as an MQTT 5 decoder that is not the device's own reads it. */
export type Packet = ReturnType<typeof packetsSent>[number]
export type PacketOf<Cmd extends Packet['cmd']> = Extract<Packet, { cmd: Cmd }>

/** One HTTPS call, as it stood on the wire. */
export interface TappedCall {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The cloud's answer, once it is there. */
  answer: Answer | null
}

/** One MQTT connection: the device's bytes and what they say, and the packets of both sides in their order. */
export interface TappedConnection {
  readonly bytes: Uint8Array
  readonly packets: readonly Packet[]
  readonly flow: readonly { readonly from: 'device' | 'broker'; readonly packet: Packet }[]
}

/** An answer of the cloud, as a tap may change it. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/** What ends TLS between a device and a sandbox, passes everything on, and writes it down. */
export interface Wiretap {
  readonly apiUrl: string
  readonly caPem: string
  readonly calls: readonly TappedCall[]
  readonly connections: readonly TappedConnection[]
  /** Calls (`POST /oauth/token`) and packets (`connect 0`, with the number of the connection) in their order. */
  readonly timeline: readonly string[]
  /** Changes the next answer to a path, after this tap has seen it; orders for a path are carried out one a call. */
  alter(path: string, change: (answer: Answer, call: TappedCall) => Answer): void
  /** From now on nothing passes on the connections that are open, and neither side is told: they are half-open. */
  freeze(): void
  stop(): Promise<void>
}

/** Sets a tap before a sandbox: the catalog names the tap as broker. */
export async function startWiretap(sandbox: Sandbox): Promise<Wiretap> {
  const authority = await createAuthority()
  const identity = await authority.issue()
  const calls: TappedCall[] = []
  const connections: (TappedConnection & { bytes: Uint8Array; packets: Packet[] })[] = []
  const changes: { path: string; change: (answer: Answer, call: TappedCall) => Answer }[] = []
  const timeline: string[] = []
  const sockets = new Set<Socket>()

  const api = createHttpsServer(identity, (incoming, outgoing) => void pass(incoming, outgoing))
  const broker = createTlsServer({ ...identity, noDelay: true }, tap)

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming
    const body = await textOf(incoming)
    const call: TappedCall = { method, path, headers, body, answer: null }
    calls.push(call)
    timeline.push(`${method} ${path}`)
    const onward = httpsRequest(new URL(path, sandbox.apiUrl), {
      method,
      headers: { ...headers, host: new URL(sandbox.apiUrl).host },
      ca: sandbox.caPem,
      agent: false,
    })
    onward.on('error', () => outgoing.destroy())
    onward.end(body)
    const [answer] = (await once(onward, 'response')) as [IncomingMessage]
    const text = await textOf(answer)
    call.answer = { status: answer.statusCode ?? 0, body: text }
    const ordered = changes.findIndex((one) => one.path === path)
    const [{ change } = { change: (same: Answer) => same }] = ordered < 0 ? [] : changes.splice(ordered, 1)
    const { status, body: changed } = change(call.answer, call)
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(changed)
  }

  function tap(device: TLSSocket): void {
    const number = connections.length
    const flow: TappedConnection['flow'][number][] = []
    const connection = { bytes: new Uint8Array(), packets: [] as Packet[], flow }
    connections.push(connection)
    const { hostname: host, port } = new URL(sandbox.brokerUrl)
    const onward = tlsConnect({ host, port: Number(port), ca: sandbox.caPem })
    for (const socket of [device, onward]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        device.destroySoon()
        onward.destroySoon()
      })
    }
    const readDevice = packetReader((packet) => {
      timeline.push(`${packet.cmd} ${number}`)
      connection.packets.push(packet)
      flow.push({ from: 'device', packet })
    })
    const readBroker = packetReader((packet) => flow.push({ from: 'broker', packet }))
    device.on('data', (chunk: Buffer) => {
      connection.bytes = Buffer.concat([connection.bytes, chunk])
      readDevice(chunk)
      onward.write(chunk)
    })
    onward.on('data', (chunk: Buffer) => {
      readBroker(chunk)
      device.write(chunk)
    })
  }

  const [apiPort, brokerPort] = await Promise.all([listen(api), listen(broker)])
  const brokerUrl = `mqtts://127.0.0.1:${brokerPort}`
  sandbox.faults.order({ at: 'catalog', patch: { set: { 'mqtt.broker_url': brokerUrl } }, times: 1_000 })
  return {
    apiUrl: `https://127.0.0.1:${apiPort}`,
    caPem: authority.caPem,
    calls,
    connections,
    timeline,
    alter: (path, change) => changes.push({ path, change }),
    freeze() {
      for (const socket of sockets) socket.pause()
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await Promise.all([api, broker].map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
