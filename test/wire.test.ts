import type { ConnectDeviceOptions, Device } from '@realer-device/node'
import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectDeviceOn, type MqttClientName, mqttClients } from './support/mqtt-clients.ts'
import { judgeSecrets, secretsOf } from './support/secrets.ts'
import { complaintsOfWire } from './support/wire-judge.ts'
import { type PacketOf, startWiretap, type TappedCall, type Wiretap } from './support/wiretap.ts'

interface Scene {
  readonly sandbox: Sandbox
  readonly tap: Wiretap
  readonly device: Device
}

const scenes: Scene[] = []
/** The MQTT client of the scenes to come. */
let mqttClient: MqttClientName = 'our mqtt'

afterEach(async () => {
  for (const { sandbox, tap, device } of scenes.splice(0)) {
    await device.stop()
    await tap.stop()
    await sandbox.stop()
    expect(complaintsOfWire(tap)).toEqual([])
    expect(judgeSecrets(tap, secretsOf(tap, sandbox))).toEqual([])
  }
})

type Doors = { readonly [route: string]: () => 'applied' | 'rejected' | Promise<'applied'> }

const openDoor: Doors = { door: () => 'applied' }

/** A device that is not started yet, and a sandbox behind a tap. */
async function setScene(
  doors: Doors,
  options: Partial<ConnectDeviceOptions> = {},
  cloud: SandboxOptions = {},
): Promise<Scene> {
  const sandbox = await startSandbox(cloud)
  const tap = await startWiretap(sandbox)
  const device = connectDeviceOn(mqttClient, {
    // Every byte goes through the tap: the device trusts no other authority.
    apiUrl: tap.apiUrl,
    ca: tap.caPem,
    deviceId: sandbox.deviceId,
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    routes: Object.fromEntries(Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId])),
    ...options,
    timing: { backoffFloorMs: 20, backoffCapMs: 200, ...options.timing },
  })
  for (const [route, execute] of Object.entries(doors))
    device.onCommand(route, { execute, currentValue: () => 'as it is' })
  const scene = { sandbox, tap, device }
  scenes.push(scene)
  return scene
}

/** The same, online, with one reading acknowledged. */
async function goOnline(...args: Parameters<typeof setScene>): Promise<Scene> {
  const scene = await setScene(...args)
  scene.device.start()
  expect(await scene.device.report('temperature', '21.5').settled).toMatchObject({ result: 'done' })
  return scene
}

function callTo({ tap }: Scene, path: string): TappedCall {
  const [call, ...others] = tap.calls.filter((one) => one.path === path)
  expect(others).toEqual([])
  if (call === undefined) throw new Error(`nobody called ${path}`)
  return call
}

function packetsOf<Cmd extends PacketOf<'connect' | 'subscribe' | 'publish' | 'disconnect'>['cmd']>(
  { tap }: Scene,
  cmd: Cmd,
  connection = 0,
): PacketOf<Cmd>[] {
  const { packets = [] } = tap.connections[connection] ?? {}
  return packets.filter((packet): packet is PacketOf<Cmd> => packet.cmd === cmd)
}

function tupleOf({ tap }: Scene, number = 0): { [field: string]: unknown } {
  const call = tap.calls.filter(({ path }) => path === '/iot/v1/mqtt-credentials')[number]
  return JSON.parse(call?.answer?.body ?? '{}').mqtt
}

const basic = ({ sandbox }: Scene): string =>
  `Basic ${Buffer.from(`${sandbox.clientId}:${sandbox.clientSecret}`).toString('base64')}`
const bearerOf = (scene: Scene): string =>
  JSON.parse(callTo(scene, '/oauth/token').answer?.body ?? '{}').access_token

/** The payloads of the publishes to a route's feed-data topic. */
function payloadsOn(scene: Scene, route: string): { [field: string]: unknown }[] {
  const topic = scene.sandbox.routes[route]?.feedDataTopic
  return packetsOf(scene, 'publish')
    .filter((packet) => packet.topic === topic)
    .map(({ payload }) => JSON.parse(payload.toString()))
}

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)

describe('the calls before CONNECT', () => {
  test('CAT-1, SUB-2 token, catalog, credential, CONNECT, SUBSCRIBE, PUBLISH: in this order, each once', async () => {
    const { tap } = await goOnline(openDoor)
    expect(tap.timeline.slice(0, 6)).toEqual([
      'POST /oauth/token',
      'GET /iot/v1/devices/12345/mqtt',
      'POST /iot/v1/mqtt-credentials',
      'connect 0',
      'subscribe 0',
      'publish 0',
    ])
    expect(tap.calls).toHaveLength(3)
    expect(tap.connections).toHaveLength(1)
  })

  test('AUTH-2, AUTH-3 the token is asked for with a form, HTTP Basic, and the scopes of a device with commands', async () => {
    const scene = await goOnline(openDoor)
    const { headers, body } = callTo(scene, '/oauth/token')
    expect(headers.authorization).toBe(basic(scene))
    expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded\b/)
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'client_credentials',
      scope:
        'iot:catalog:read iot:mqtt:connect iot:mqtt:ack:read iot:mqtt:feed-data:write iot:mqtt:desired:read',
    })
  })

  test('AUTH-3, SUB-4 without a handler there is no iot:mqtt:desired:read and no desired topic', async () => {
    const scene = await goOnline({})
    expect(new URLSearchParams(callTo(scene, '/oauth/token').body).get('scope')).toBe(
      'iot:catalog:read iot:mqtt:connect iot:mqtt:ack:read iot:mqtt:feed-data:write',
    )
    const topics = packetsOf(scene, 'subscribe').flatMap(({ subscriptions }) =>
      subscriptions.map(({ topic }) => topic),
    )
    expect(topics).toEqual([expect.stringMatching(/\/acks$/)])
  })

  test('CAT-1, CRED-1 catalog and credential go with the Bearer token; the body is the one that the catalog gave', async () => {
    const scene = await goOnline(openDoor)
    const catalog = callTo(scene, '/iot/v1/devices/12345/mqtt')
    expect(catalog).toMatchObject({ method: 'GET', body: '' })
    const credential = callTo(scene, '/iot/v1/mqtt-credentials')
    for (const { headers } of [catalog, credential])
      expect(headers.authorization).toBe(`Bearer ${bearerOf(scene)}`)
    expect(credential.method).toBe('POST')
    expect(credential.headers['content-type']).toMatch(/^application\/json\b/)
    const given = JSON.parse(catalog.answer?.body ?? '{}').mqtt.credential_endpoint.body
    expect(given.scopes).toHaveLength(4)
    expect(JSON.parse(credential.body)).toEqual(given)
  })

  test('CRED-1 a narrower scope set goes out where the host asks for it, always with iot:mqtt:connect', async () => {
    const credentialScopes = ['iot:mqtt:ack:read', 'iot:mqtt:feed-data:write']
    const scene = await goOnline({}, { credentialScopes })
    expect(JSON.parse(callTo(scene, '/iot/v1/mqtt-credentials').body)).toEqual({
      device_id: 12345,
      scopes: ['iot:mqtt:connect', ...credentialScopes],
    })
  })
})

describe.each(mqttClients)('MQTT packets on %s', (client) => {
  beforeEach(() => {
    mqttClient = client
  })

  test('CONN-1, CONN-2, AUTH-8 CONNECT: MQTT 5, clean start, the tuple exactly, no will, no session expiry', async () => {
    const scene = await goOnline(openDoor)
    const [connect, ...others] = packetsOf(scene, 'connect')
    expect(others).toEqual([])
    const tuple = tupleOf(scene)
    expect(connect).toMatchObject({
      protocolId: 'MQTT',
      protocolVersion: 5,
      clean: true,
      clientId: tuple.mqtt_client_id,
      username: tuple.mqtt_username,
      keepalive: 60,
    })
    expect(connect?.password?.toString()).toBe(tuple.mqtt_credential)
    expect(connect?.password?.toString()).not.toBe(bearerOf(scene))
    expect(connect?.will).toBeUndefined()
    expect(Object.keys(connect?.properties ?? {}).sort()).toEqual(['maximumPacketSize', 'receiveMaximum'])
    // MQTT 5 section 3.1.2.3: user name, password and clean start, and no other flag.
    const bytes = Buffer.from(scene.tap.connections[0]?.bytes ?? [])
    const name = bytes.indexOf('\x00\x04MQTT\x05', 0, 'latin1')
    expect(bytes[0]).toBe(0x10)
    expect(bytes[name + 7]).toBe(0b1100_0010)
  })

  test('SUB-1 one SUBSCRIBE: acknowledgements and the desired topics of the catalog, QoS 1', async () => {
    const scene = await goOnline(
      { door: () => 'applied', heater: () => 'applied' },
      {},
      { routes: { sensors: ['temperature'], commands: ['door', 'heater', 'unhandled'] } },
    )
    const [subscribe, ...others] = packetsOf(scene, 'subscribe')
    expect(others).toEqual([])
    const { routes } = scene.sandbox
    const catalog = JSON.parse(callTo(scene, '/iot/v1/devices/12345/mqtt').answer?.body ?? '{}')
    expect(subscribe?.subscriptions.map(({ topic, qos }) => [topic, qos])).toEqual([
      [catalog.mqtt.feed_data_ack_topic, 1],
      [routes.door?.desiredTopic, 1],
      [routes.heater?.desiredTopic, 1],
    ])
    expect(subscribe?.properties?.subscriptionIdentifier).toBeUndefined()
  })

  test('PUB-1, PUB-3 a reading: QoS 1, no retain, no properties, and three fields', async () => {
    const scene = await setScene(openDoor)
    scene.device.start()
    const report = scene.device.report('temperature', '21.5', {
      messageId: 'sensor-temp-20260429T100001Z',
      valueReceivedAt: '2026-04-29T10:00:01Z',
    })
    expect(await report.settled).toMatchObject({ result: 'done' })
    const topic = scene.sandbox.routes.temperature?.feedDataTopic
    const [publish, ...others] = packetsOf(scene, 'publish').filter((packet) => packet.topic === topic)
    expect(others).toEqual([])
    expect(publish).toMatchObject({ topic, qos: 1, retain: false, dup: false })
    expect(publish?.properties ?? {}).toEqual({})
    expect(publish?.payload.toString()).toBe(
      '{"message_id":"sensor-temp-20260429T100001Z","value":"21.5","value_received_at":"2026-04-29T10:00:01Z"}',
    )
  })

  test('PUB-5, PUB-6 a local change has no desired_id; answers have it, and report_status unless applied', async () => {
    const outcomes: ('applied' | 'rejected')[] = ['applied', 'rejected']
    let release = (): void => {}
    const held = new Promise<'applied'>((resolve) => {
      release = () => resolve('applied')
    })
    const scene = await goOnline({ door: () => outcomes.shift() ?? held })
    const { sandbox, device } = scene
    const answered = (desiredId: string) =>
      sandbox.ledger.untilKind('report', (report) => report.desiredId === desiredId)

    const local = device.report('door', 'closed by hand')
    await local.settled
    const applied = sandbox.desire('door', 'open')
    await answered(applied.desiredId)
    const rejected = sandbox.desire('door', 'ajar')
    await answered(rejected.desiredId)
    const running = sandbox.desire('door', 'open')
    const stale = sandbox.desire('door', 'closed', { validForSeconds: 0.05 })
    await answered(stale.desiredId)
    release()
    await answered(running.desiredId)

    const common = { message_id: expect.stringMatching(/./), value: 'as it is', value_received_at: instant }
    expect(payloadsOn(scene, 'door')).toEqual([
      // PUB-11: a fresh device does not know whether the cloud knows how the door is.
      { ...common },
      { message_id: local.messageId, value: 'closed by hand', value_received_at: instant },
      { ...common, desired_id: applied.desiredId, sequence_number: 1 },
      { ...common, desired_id: rejected.desiredId, sequence_number: 2, report_status: 'rejected' },
      { ...common, desired_id: stale.desiredId, sequence_number: 4, report_status: 'stale' },
      { ...common, desired_id: running.desiredId, sequence_number: 3 },
    ])
  })

  test('PUB-4, PUB-7, ACK-5 what is published again is the same, byte by byte, on this connection and the next', async () => {
    const scene = await setScene(openDoor, { timing: { acknowledgementTimeoutMs: 300 } })
    const { sandbox, device, tap } = scene
    // The reading goes out first, and then the door's value (PUB-11): each fault meets both.
    sandbox.faults.order({ at: 'publish', do: 'drop' })
    sandbox.faults.order({ at: 'acknowledgement', do: 'swallow', times: 2 })
    device.start()
    expect(await device.report('temperature', 'grün').settled).toMatchObject({ status: 'replayed' })
    const topic = sandbox.routes.temperature?.feedDataTopic
    const published = tap.connections
      .flatMap((_, connection) => packetsOf(scene, 'publish', connection))
      .filter((packet) => packet.topic === topic)
    expect(published.length).toBeGreaterThanOrEqual(3)
    expect(new Set(published.map(({ payload }) => payload.toString('hex'))).size).toBe(1)
    // MQTT 5 section 3.3.1.1: DUP is for another delivery in the same session, and a clean start makes a new one.
    expect(published.filter(({ dup }) => dup)).toEqual([])
  })
})

describe.each(mqttClients)('the end of a session on %s', (client) => {
  beforeEach(() => {
    mqttClient = client
  })

  test('REN-1 renewal: a new tuple, then DISCONNECT 0x00, CONNECT with it, and every subscription again', async () => {
    const scene = await setScene(openDoor)
    const { sandbox, device, tap } = scene
    sandbox.faults.order({ at: 'credential', patch: { set: { 'mqtt.renew_after': 1 } } })
    const renewed = new Promise((resolve) => {
      device.on('online', ({ after }) => after === 'renewal' && resolve(after))
    })
    device.start()
    await renewed
    expect(tap.timeline).toEqual([
      'POST /oauth/token',
      'GET /iot/v1/devices/12345/mqtt',
      'POST /iot/v1/mqtt-credentials',
      'connect 0',
      'subscribe 0',
      // PUB-11: the door's value, and the PUBACK for its acknowledgement. After a renewal it is not asked for again.
      'publish 0',
      'puback 0',
      'POST /iot/v1/mqtt-credentials',
      'disconnect 0',
      'connect 1',
      'subscribe 1',
    ])
    const [disconnect] = packetsOf(scene, 'disconnect')
    expect(disconnect?.reasonCode ?? 0).toBe(0)
    const [connect] = packetsOf(scene, 'connect', 1)
    const tuple = tupleOf(scene, 1)
    expect([connect?.username, connect?.password?.toString()]).toEqual([
      tuple.mqtt_username,
      tuple.mqtt_credential,
    ])
    expect(tuple.mqtt_username).not.toBe(tupleOf(scene).mqtt_username)
    const topics = (connection: number) =>
      packetsOf(scene, 'subscribe', connection).flatMap(({ subscriptions }) => subscriptions)
    expect(topics(1)).toEqual(topics(0))
    expect(sandbox.ledger.summary()).toMatchObject({ takeovers: 0, violations: [] })
  })

  test('STOP-1, AUTH-7 stop: DISCONNECT 0x00, then the token is revoked, and nothing follows', async () => {
    const scene = await goOnline(openDoor)
    const { tap, device, sandbox } = scene
    const bearer = bearerOf(scene)
    expect(await device.stop()).toEqual({ revoked: true })
    expect(tap.timeline.slice(-2)).toEqual(['disconnect 0', 'POST /oauth/revoke'])
    expect(packetsOf(scene, 'disconnect').map(({ reasonCode }) => reasonCode ?? 0)).toEqual([0])
    const revoke = callTo(scene, '/oauth/revoke')
    expect(revoke.headers.authorization).toBe(basic(scene))
    expect(Object.fromEntries(new URLSearchParams(revoke.body))).toEqual({
      token: bearer,
      token_type_hint: 'access_token',
    })
    const ends = sandbox.ledger.entries.filter(({ kind }) => kind === 'disconnect' || kind === 'revocation')
    expect(ends).toMatchObject([{ how: 'clean' }, { kind: 'revocation', knownToken: true }])
  })

  test('AUTH-8, F-13 neither the token nor the client secret is in any MQTT byte, and no secret is in an address', async () => {
    const scene = await goOnline(openDoor)
    const bearer = bearerOf(scene)
    const credential = String(tupleOf(scene).mqtt_credential)
    await scene.device.stop()
    const bytes = scene.tap.connections.map((one) => Buffer.from(one.bytes).toString('latin1')).join()
    // The search itself finds what is there: the credential, once.
    expect(bytes.split(credential)).toHaveLength(2)
    expect(bytes).not.toContain(bearer)
    expect(bytes).not.toContain(scene.sandbox.clientSecret)
    const addresses = scene.tap.calls.map(({ path }) => path).join()
    for (const secret of [bearer, credential, scene.sandbox.clientSecret])
      expect(addresses).not.toContain(secret)
  })
})
