import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import type { Sandbox } from '@realer-device/sandbox'
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IPubackPacket,
  type IPublishPacket,
  type Packet,
  type PacketCmd,
  parser,
} from 'mqtt-packet'
import { createWebSocketStream, WebSocket } from 'ws'

/** A small device for tests: node:https, and mqtt-packet over node:tls or a WebSocket, without any retry. */

export interface HttpAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read the JSON as it came
  json: any
}

export function call(
  sandbox: Sandbox,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      `${sandbox.apiUrl}${path}`,
      { method, headers, ca: sandbox.caPem, agent: false },
      (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk) => {
          text += chunk
        })
        incoming.on('error', reject)
        incoming.on('end', () => {
          let json: unknown
          try {
            json = JSON.parse(text)
          } catch {
            json = undefined
          }
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export function basic(sandbox: Sandbox): string {
  return `Basic ${Buffer.from(`${sandbox.clientId}:${sandbox.clientSecret}`).toString('base64')}`
}

export function postForm(
  sandbox: Sandbox,
  path: string,
  form: Record<string, string>,
  authorization = basic(sandbox),
): Promise<HttpAnswer> {
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  return call(sandbox, 'POST', path, headers, new URLSearchParams(form).toString())
}

export const ALL_SCOPES =
  'iot:catalog:read iot:mqtt:connect iot:mqtt:ack:read iot:mqtt:feed-data:write iot:mqtt:desired:read'

export function requestToken(sandbox: Sandbox, scope = ALL_SCOPES): Promise<HttpAnswer> {
  return postForm(sandbox, '/oauth/token', { grant_type: 'client_credentials', scope })
}

export function requestCatalog(
  sandbox: Sandbox,
  token: string,
  deviceId = sandbox.deviceId,
): Promise<HttpAnswer> {
  return call(sandbox, 'GET', `/iot/v1/devices/${deviceId}/mqtt`, { authorization: `Bearer ${token}` })
}

export function requestCredential(sandbox: Sandbox, token: string, body: unknown): Promise<HttpAnswer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return call(sandbox, 'POST', '/iot/v1/mqtt-credentials', headers, text)
}

export interface Tuple {
  mqtt_client_id: string
  mqtt_username: string
  mqtt_credential: string
}

/** Token, catalog and tuple, by the catalog's own credential request; `scopes` narrows it. */
export async function bootstrap(
  sandbox: Sandbox,
  scopes?: string[],
): Promise<{ token: string; brokerUrl: string; acknowledgementTopic: string; tuple: Tuple }> {
  const token: string = (await requestToken(sandbox)).json.access_token
  const catalog = (await requestCatalog(sandbox, token)).json
  const body = catalog.mqtt.credential_endpoint.body
  const answer = await requestCredential(sandbox, token, scopes ? { ...body, scopes } : body)
  if (answer.status !== 201) throw new Error(`credential: ${answer.status}`)
  return {
    token,
    brokerUrl: catalog.mqtt.broker_url,
    acknowledgementTopic: catalog.mqtt.feed_data_ack_topic,
    tuple: answer.json.mqtt,
  }
}

type PacketOf<C extends PacketCmd> = Extract<Packet, { cmd: C }>

export interface TestDevice {
  readonly socket: Duplex
  /** Every packet received, in order. */
  readonly received: Packet[]
  send(packet: Packet): void
  /** The next packet of a kind that was not handed out yet; rejects when the connection closes first. */
  next<C extends PacketCmd>(cmd: C): Promise<PacketOf<C>>
  subscribe(...topics: string[]): Promise<number[]>
  publish(topic: string, payload: unknown, overrides?: Partial<IPublishPacket>): Promise<IPubackPacket>
  /** The next application message, acknowledged, parsed where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read the JSON as it came
  message(): Promise<any>
  /** Resolves when the connection has closed, with the error's code where there was one. */
  readonly closed: Promise<string | undefined>
  disconnect(): Promise<string | undefined>
}

interface OpenedSocket {
  readonly socket: Duplex
  readonly opened: Promise<unknown>
  /** Resolves when the connection is gone, with the code of what broke it. */
  readonly gone: Promise<string | undefined>
}

/** A connection to the broker: over WebSocket where the sandbox has one, else over TLS. */
function openSocket({ brokerUrl, brokerWebSocketUrl, caPem: ca }: Sandbox): OpenedSocket {
  if (brokerWebSocketUrl !== null) return openWebSocket(new WebSocket(brokerWebSocketUrl, 'mqtt', { ca }))
  const { hostname, port } = new URL(brokerUrl)
  const socket = connect({ host: hostname, port: Number(port), ca })
  socket.setNoDelay()
  let errorCode: string | undefined
  socket.on('error', (error: NodeJS.ErrnoException) => {
    errorCode = error.code
  })
  const gone = new Promise<string | undefined>((resolve) => socket.on('close', () => resolve(errorCode)))
  return { socket, opened: once(socket, 'secureConnect'), gone }
}

function openWebSocket(webSocket: WebSocket): OpenedSocket {
  // The stream itself does not tell of every end; the WebSocket does, and has one code for all that breaks it.
  const gone = new Promise<string | undefined>((resolve) =>
    webSocket.on('close', (code) => resolve(code === 1006 ? 'ECONNRESET' : undefined)),
  )
  const socket = createWebSocketStream(webSocket, { allowHalfOpen: false })
  socket.on('error', () => {})
  return { socket, opened: once(webSocket, 'open'), gone }
}

/** Opens a connection to the broker, without CONNECT. */
export async function openDevice(sandbox: Sandbox): Promise<TestDevice> {
  const { socket, opened, gone } = openSocket(sandbox)
  const packets = parser({ protocolVersion: 5 })
  const received: Packet[] = []
  const unread: Packet[] = []
  const waiting: { cmd: PacketCmd; resolve: (packet: Packet) => void; reject: (error: Error) => void }[] = []
  let isClosed = false
  let messageId = 0

  packets.on('packet', (packet) => {
    received.push(packet)
    const index = waiting.findIndex(({ cmd }) => cmd === packet.cmd)
    if (index < 0) unread.push(packet)
    else for (const { resolve } of waiting.splice(index, 1)) resolve(packet)
  })
  socket.on('data', (chunk) => packets.parse(chunk))
  const closed = gone.then((errorCode) => {
    isClosed = true
    for (const { cmd, reject } of waiting.splice(0)) reject(new Error(`closed before ${cmd}`))
    return errorCode
  })
  const device: TestDevice = {
    socket,
    received,
    closed,
    send: (packet) => {
      socket.write(generate(packet, { protocolVersion: 5 }))
    },
    next<C extends PacketCmd>(cmd: C) {
      return new Promise<PacketOf<C>>((resolve, reject) => {
        const index = unread.findIndex((packet) => packet.cmd === cmd)
        if (index >= 0) for (const packet of unread.splice(index, 1)) resolve(packet as PacketOf<C>)
        else if (isClosed) reject(new Error(`closed before ${cmd}`))
        else waiting.push({ cmd, resolve: resolve as (packet: Packet) => void, reject })
      })
    },
    async subscribe(...topics) {
      const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }))
      device.send({ cmd: 'subscribe', messageId: ++messageId, subscriptions })
      return (await device.next('suback')).granted as number[]
    },
    publish(topic, payload, overrides) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
      const packet = {
        topic,
        payload: text,
        qos: 1 as const,
        dup: false,
        retain: false,
        messageId: ++messageId,
      }
      device.send({ cmd: 'publish', ...packet, ...overrides })
      return device.next('puback')
    },
    async message() {
      const packet = await device.next('publish')
      device.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0 })
      const text = packet.payload.toString()
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
    },
    disconnect() {
      device.send({ cmd: 'disconnect', reasonCode: 0 })
      socket.end()
      return closed
    },
  }
  await opened
  return device
}

/** Opens a connection and sends CONNECT with the tuple; resolves with the CONNACK, whatever it says. */
export async function connectDevice(
  sandbox: Sandbox,
  tuple: Tuple,
  overrides: Partial<IConnectPacket> = {},
): Promise<TestDevice & { connack: IConnackPacket }> {
  const device = await openDevice(sandbox)
  device.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clean: true,
    keepalive: 30,
    clientId: tuple.mqtt_client_id,
    username: tuple.mqtt_username,
    password: Buffer.from(tuple.mqtt_credential),
    ...overrides,
  })
  return Object.assign(device, { connack: await device.next('connack') })
}

/** A device that is connected and subscribed to its acknowledgements and desired states. */
export async function onlineDevice(sandbox: Sandbox): Promise<TestDevice & { token: string; tuple: Tuple }> {
  const { token, tuple, acknowledgementTopic } = await bootstrap(sandbox)
  const device = await connectDevice(sandbox, tuple)
  if (device.connack.reasonCode !== 0) throw new Error(`CONNACK ${device.connack.reasonCode}`)
  const desiredTopics = Object.values(sandbox.routes).flatMap(({ desiredTopic }) => desiredTopic ?? [])
  const granted = await device.subscribe(acknowledgementTopic, ...desiredTopics)
  if (granted.some((code) => code >= 0x80)) throw new Error(`SUBACK ${granted}`)
  return Object.assign(device, { token, tuple })
}

/** A sensor reading. */
export function reading(messageId: string, value = '21.5', more: object = {}): object {
  return { message_id: messageId, value, value_received_at: '2026-04-29T10:00:01Z', ...more }
}

/** The feed-data topic of a route. */
export function feed(sandbox: Sandbox, route: string): string {
  const topic = sandbox.routes[route]?.feedDataTopic
  if (topic === undefined) throw new Error(`no route ${route}`)
  return topic
}
