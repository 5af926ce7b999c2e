import type { HttpsRequest } from '../src/index.ts'
import type { FakeCall, FakeLink, FakePlatform } from './fake-platform.ts'

export const canaries = {
  clientSecret: 'canary client/secret+1',
  token: 'canary-token-2',
  credential: 'canary-credential-3',
}

export const topics = {
  acks: 'devices/cdv_1/acks',
  temperature: 'devices/cdv_1/routes/temperature/feed-data',
  door: 'devices/cdv_1/routes/door/feed-data',
  doorDesired: 'devices/cdv_1/routes/door/desired',
}

const catalog = {
  code: 2000,
  mqtt: {
    broker_url: 'mqtts://broker.example:8883',
    client_id: 'cdv_1',
    feed_data_ack_topic: topics.acks,
    credential_endpoint: {
      endpoint: '/iot/v1/mqtt-credentials',
      http_method: 'POST',
      body: { device_id: 7, scopes: ['iot:mqtt:connect'] },
    },
  },
  mqtt_routes: [
    { source_type: 'sensor', mqtt: { feed_data_topic: topics.temperature } },
    { source_type: 'command', mqtt: { feed_data_topic: topics.door, desired_topic: topics.doorDesired } },
  ],
}

const tuple = {
  mqtt: {
    mqtt_client_id: 'cdv_1',
    mqtt_username: 'user-1',
    mqtt_credential: canaries.credential,
    scopes: ['iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:feed-data:write', 'iot:mqtt:desired:read'],
    expires_in: 3600,
    renew_after: 30,
    session_hard_expires_in: 3600,
  },
}

/** A packet that a device sent: its type, its flags, and the bytes after the fixed header. */
export interface SentPacket {
  readonly type: 'CONNECT' | 'PUBLISH' | 'PUBACK' | 'SUBSCRIBE' | 'PINGREQ' | 'DISCONNECT' | 'other'
  readonly packetId: number | null
  /** SUBSCRIBE only. */
  readonly topics: readonly string[]
  /** PUBLISH only. */
  readonly topic: string | null
  readonly payload: string | null
  /** The reason code of PUBACK and DISCONNECT; 0 where it was left out. */
  readonly reasonCode: number
}

/** A cloud that answers by hand, packet by packet, so that a test decides what comes when. */
export interface FakeCloud {
  /** The last call that waits for its answer. */
  readonly call: FakeCall
  readonly link: FakeLink
  answer(body: unknown, status?: number): void
  answerToken(): void
  answerCatalog(): void
  answerCredential(): void
  connack(reasonCode?: number): void
  suback(): void
  puback(reasonCode?: number): void
  publish(topic: string, payload: string | Uint8Array, packetId?: number): void
  /** Everything up to online. */
  bringOnline(): void
  /** The packets sent on the newest link. */
  packets(): SentPacket[]
  /** The last one of a type. */
  lastPacket(type: SentPacket['type']): SentPacket | undefined
}

export function createFakeCloud(platform: FakePlatform): FakeCloud {
  const latest = <Thing>(things: readonly Thing[], what: string): Thing => {
    const thing = things.at(-1)
    if (thing === undefined) throw new Error(`the device has made no ${what}`)
    return thing
  }
  const send = (bytes: readonly number[]) => cloud.link.events.onBytes(Uint8Array.from(bytes))
  const last = (type: SentPacket['type']): SentPacket => {
    const packet = cloud.lastPacket(type)
    if (packet === undefined) throw new Error(`the device has sent no ${type}`)
    return packet
  }
  const cloud: FakeCloud = {
    get call() {
      return latest(platform.calls, 'call')
    },
    get link() {
      return latest(platform.links, 'link')
    },
    answer(body, status = 200) {
      cloud.call.finish({ ok: true, answer: { status, retryAfterSeconds: null, body: JSON.stringify(body) } })
    },
    answerToken() {
      expectPath(cloud.call.request, '/oauth/token')
      cloud.answer({ access_token: canaries.token, token_type: 'Bearer', expires_in: 3600 })
    },
    answerCatalog() {
      expectPath(cloud.call.request, '/iot/v1/devices/7/mqtt')
      cloud.answer(catalog)
    },
    answerCredential() {
      expectPath(cloud.call.request, '/iot/v1/mqtt-credentials')
      cloud.answer(tuple, 201)
    },
    connack: (reasonCode = 0) => send([0x20, 0x03, 0x00, reasonCode, 0x00]),
    suback() {
      const id = last('SUBSCRIBE').packetId ?? 0
      const grants = last('SUBSCRIBE').topics.map(() => 0x01)
      send([0x90, 3 + grants.length, id >> 8, id & 0xff, 0x00, ...grants])
    },
    puback(reasonCode = 0) {
      const id = last('PUBLISH').packetId ?? 0
      send([0x40, 0x03, id >> 8, id & 0xff, reasonCode])
    },
    publish(topic, payload, packetId = 1) {
      const body = typeof payload === 'string' ? [...Buffer.from(payload)] : [...payload]
      const rest = [0, topic.length, ...Buffer.from(topic), packetId >> 8, packetId & 0xff, 0x00, ...body]
      send([0x32, ...lengthBytes(rest.length), ...rest])
    },
    bringOnline() {
      cloud.answerToken()
      cloud.answerCatalog()
      cloud.answerCredential()
      cloud.link.events.onOpen()
      cloud.connack()
      cloud.suback()
    },
    lastPacket: (wanted) =>
      cloud
        .packets()
        .filter(({ type }) => type === wanted)
        .at(-1),
    packets: () => cloud.link.sent.map(readPacket),
  }
  return cloud
}

export function desiredState(
  desiredId: string,
  sequenceNumber: number,
  value = 'open',
  validForSeconds = 60,
): string {
  return JSON.stringify({
    version: 1,
    desired_id: desiredId,
    value,
    valid_for_seconds: validForSeconds,
    expires_at: '2026-04-29T10:01:00Z',
    sequence_number: sequenceNumber,
  })
}

export function acknowledgement(messageId: string): string {
  return JSON.stringify({ version: 1, status: 'accepted', retryable: false, message_id: messageId })
}

function expectPath(request: HttpsRequest, path: string): void {
  if (!request.url.endsWith(path)) throw new Error(`the device asked for ${request.url} and not for ${path}`)
}

function lengthBytes(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7]
}

/** Reads one packet, as far as these tests look at it; each `send` of a session is one packet. */
function readPacket(bytes: Uint8Array): SentPacket {
  const buffer = Buffer.from(bytes)
  let at = 2
  while ((buffer[at - 1] ?? 0) & 128) at += 1
  const kinds: { readonly [nibble: number]: SentPacket['type'] } = {
    1: 'CONNECT',
    3: 'PUBLISH',
    4: 'PUBACK',
    8: 'SUBSCRIBE',
    12: 'PINGREQ',
    14: 'DISCONNECT',
  }
  const type = kinds[buffer.readUInt8(0) >> 4] ?? 'other'
  const none = { type, packetId: null, topics: [], topic: null, payload: null, reasonCode: 0 }
  if (type === 'PUBLISH') {
    const idAt = at + 2 + buffer.readUInt16BE(at)
    const topic = buffer.toString('utf8', at + 2, idAt)
    // No properties: their length is one byte, 0.
    const payload = buffer.toString('utf8', idAt + 3)
    return { ...none, packetId: buffer.readUInt16BE(idAt), topic, payload }
  }
  if (type === 'SUBSCRIBE') {
    const topics: string[] = []
    for (let next = at + 3; next < buffer.length; next += 3 + buffer.readUInt16BE(next))
      topics.push(buffer.toString('utf8', next + 2, next + 2 + buffer.readUInt16BE(next)))
    return { ...none, packetId: buffer.readUInt16BE(at), topics }
  }
  if (type === 'PUBACK')
    return { ...none, packetId: buffer.readUInt16BE(at), reasonCode: buffer[at + 2] ?? 0 }
  if (type === 'DISCONNECT') return { ...none, reasonCode: buffer[at] ?? 0 }
  return none
}
