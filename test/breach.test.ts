import { once } from 'node:events'
import { type AddressInfo, createServer, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { type ConnectDeviceOptions, connectDevice, type Device, type StepTrace } from '@realer-device/node'
import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { afterEach, expect, test } from 'vitest'
import { encode } from '../packages/mqtt/test/support.ts'
import { createAuthority } from '../packages/node/test/authority.ts'
import { startTls } from '../packages/node/test/servers.ts'
import { judgeSecrets, secretsOf } from './support/secrets.ts'
import { judgeHalfOpen, judgeLimits, judgePublishes } from './support/wire-judge.ts'
import { type Packet, startWiretap, type TappedConnection, type Wiretap } from './support/wiretap.ts'

// Each test shows two things: a device keeps the rule, and the check that says so finds a device that does not.

const endings: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function startCloud(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options)
  endings.push(() => sandbox.stop())
  return sandbox
}

async function tapCloud(options: SandboxOptions = {}): Promise<{ sandbox: Sandbox; tap: Wiretap }> {
  const sandbox = await startCloud(options)
  const tap = await startWiretap(sandbox)
  endings.push(() => tap.stop())
  return { sandbox, tap }
}

function makeDevice(
  { deviceId, clientId, clientSecret }: Sandbox,
  at: Pick<ConnectDeviceOptions, 'apiUrl' | 'ca'>,
): { device: Device; steps: StepTrace[] } {
  const device = connectDevice({
    ...at,
    deviceId,
    clientId,
    clientSecret,
    timing: { backoffFloorMs: 20, backoffCapMs: 100, slowRetryMs: 50 },
  })
  const steps: StepTrace[] = []
  device.on('step', (step) => steps.push(step))
  endings.push(() => device.stop())
  return { device, steps }
}

/** Resolves with the first diagnostic of this code. */
function diagnosed(device: Device, code: string): Promise<string> {
  return new Promise((resolve) => {
    device.on('diagnostic', (diagnostic) => diagnostic.code === code && resolve(diagnostic.message))
  })
}

/** A server that speaks no TLS, and what is wrong where anybody talks to it. */
async function startPlainServer(): Promise<{
  port: number
  complaints: () => string[]
  heard: Promise<void>
}> {
  let bytes = 0
  let hear = (): void => {}
  const heard = new Promise<void>((resolve) => {
    hear = resolve
  })
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      bytes += chunk.length
      hear()
      socket.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(() => new Promise((resolve) => server.close(resolve)))
  const { port } = server.address() as AddressInfo
  return { port, heard, complaints: () => (bytes === 0 ? [] : [`AUTH-1: ${bytes} bytes went out in plain`]) }
}

test('breach of AUTH-1: plain addresses are refused before any byte; a client that uses one is found', async () => {
  const plain = await startPlainServer()
  const sandbox = await startCloud()
  expect(() => makeDevice(sandbox, { apiUrl: `http://127.0.0.1:${plain.port}` })).toThrow(
    expect.objectContaining({ code: 'config-invalid', field: 'apiUrl' }),
  )
  const brokerUrl = `mqtt://127.0.0.1:${plain.port}`
  sandbox.faults.order({ at: 'catalog', patch: { set: { 'mqtt.broker_url': brokerUrl } } })
  const { device } = makeDevice(sandbox, { apiUrl: sandbox.apiUrl, ca: sandbox.caPem })
  const refused = diagnosed(device, 'call-malformed')
  device.start()
  expect(await refused).toContain('mqtt.broker_url')
  // The next catalog is good, so the device has had its chance.
  await sandbox.ledger.untilKind('connect', ({ outcome }) => outcome === 'accepted')
  expect(plain.complaints()).toEqual([])

  const careless = tcpConnect(plain.port, '127.0.0.1')
  careless.on('error', () => {})
  careless.write(encode({ cmd: 'connect', clientId: 'cdv_1', clean: true, protocolVersion: 5 }))
  await plain.heard
  expect(plain.complaints()).toEqual([expect.stringMatching(/^AUTH-1: \d+ bytes went out in plain$/)])
})

test('breach of AUTH-8: the Bearer token in an MQTT packet is found, as password, in a payload or encoded', async () => {
  const { sandbox, tap } = await tapCloud()
  const { device } = makeDevice(sandbox, { apiUrl: tap.apiUrl, ca: tap.caPem })
  device.start()
  await sandbox.ledger.untilKind('connect', ({ outcome }) => outcome === 'accepted')
  await device.stop()
  const secrets = secretsOf(tap, sandbox)
  expect(secrets.map(({ kind }) => kind)).toEqual(['client', 'client', 'token', 'credential'])
  expect(judgeSecrets(tap, secrets)).toEqual([])

  const token = secrets.find(({ kind }) => kind === 'token')?.value ?? ''
  const connect: Packet = { cmd: 'connect', clientId: 'cdv_1', password: Buffer.from(token) }
  const publish = (payload: string): Packet => ({
    cmd: 'publish',
    topic: 't',
    payload,
    qos: 1,
    dup: false,
    retain: false,
    messageId: 1,
  })
  const found: [Packet, string][] = [
    [connect, 'connect password'],
    [publish(`{"value":"${token}"}`), 'publish payload'],
    [publish(Buffer.from(`xx${token}`).toString('base64')), 'publish payload'],
    [{ ...publish('{}'), topic: `t/${token}` } as Packet, 'publish topic'],
  ]
  for (const [packet, place] of found) {
    const connections = [{ packets: [packet], bytes: new Uint8Array(), flow: [] }]
    expect(judgeSecrets({ calls: tap.calls, connections }, secrets)).toEqual([
      expect.stringMatching(new RegExp(`^AUTH-8: the token of call \\d was sent in ${place}$`)),
    ])
  }
})

test('breach of CRED-3: a secret that is sent where it does not belong is found', async () => {
  const { sandbox, tap } = await tapCloud()
  const { device } = makeDevice(sandbox, { apiUrl: tap.apiUrl, ca: tap.caPem })
  device.start()
  await sandbox.ledger.untilKind('connect', ({ outcome }) => outcome === 'accepted')
  await device.stop()
  const secrets = secretsOf(tap, sandbox)
  const [call] = tap.calls
  if (call === undefined) throw new Error('nobody called')
  for (const { value } of secrets) {
    const leaky = { ...call, path: `${call.path}?hint=${encodeURIComponent(value)}` }
    expect(judgeSecrets({ calls: [leaky], connections: [] }, secrets).join()).toContain('address')
  }
})

/** A TLS server that no device may talk to, and what is wrong where one does. */
async function startImpostor(identity: { key: string; cert: string }) {
  let bytes = 0
  let handshakes = 0
  let hear = (): void => {}
  const heard = new Promise<void>((resolve) => {
    hear = resolve
  })
  const port = await startTls(identity, (socket) => {
    handshakes += 1
    socket.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
      hear()
    })
  })
  const complaints = () =>
    bytes === 0 ? [] : [`CONN-1: a server that is not the broker heard ${bytes} bytes`]
  return { port, heard, complaints, handshakes: () => handshakes }
}

test('breach of CONN-1: a server with a wrong certificate or a wrong name hears nothing; with verification off it would', async () => {
  const sandbox = await startCloud()
  const authority = await createAuthority()
  const stranger = await startImpostor(await (await createAuthority()).issue())
  const otherName = await startImpostor(await authority.issue({ address: '127.0.0.2' }))
  for (const { port } of [stranger, otherName]) {
    const brokerUrl = `mqtts://127.0.0.1:${port}`
    sandbox.faults.order({ at: 'catalog', patch: { set: { 'mqtt.broker_url': brokerUrl } }, times: 1 })
    // The authority of the wrong name is trusted, so that its name alone is what is wrong.
    const ca = [sandbox.caPem, authority.caPem]
    const { device } = makeDevice(sandbox, { apiUrl: sandbox.apiUrl, ca })
    const refused = diagnosed(device, 'connection-lost')
    device.start()
    expect(await refused).toContain("the server's certificate was not accepted")
    await device.stop()
  }
  expect([...stranger.complaints(), ...otherName.complaints()]).toEqual([])

  for (const impostor of [stranger, otherName]) {
    const careless = tlsConnect({ host: '127.0.0.1', port: impostor.port, rejectUnauthorized: false })
    careless.on('error', () => {})
    careless.write(encode({ cmd: 'connect', clientId: 'cdv_1', clean: true, protocolVersion: 5 }))
    await impostor.heard
    careless.destroy()
    expect(impostor.complaints()).toEqual([expect.stringMatching(/^CONN-1: .* heard \d+ bytes$/)])
  }
})

test('breach of CONN-3: a half-open link is found by keep alive; a device that sits on one is found', async () => {
  // The server's keep alive overrides the device's 60 s.
  const { sandbox, tap } = await tapCloud({ limits: { keepAliveSeconds: 1 } })
  const { device, steps } = makeDevice(sandbox, { apiUrl: tap.apiUrl, ca: tap.caPem })
  const online = new Promise((resolve) => device.on('online', resolve))
  device.start()
  await online
  const frozenAt = steps.length
  const lost = new Promise((resolve) => device.on('offline', resolve))
  tap.freeze()
  expect(await lost).toEqual({ because: 'lost' })
  const after = steps.slice(frozenAt)
  expect(judgeHalfOpen(after)).toEqual([])

  const sitting = after.filter(({ event }) => event?.type !== 'mqttClosed')
  expect(judgeHalfOpen(sitting)).toEqual(['CONN-3: the half-open link was never given up'])
  const [closing] = after.filter(({ event }) => event?.type === 'mqttClosed')
  if (closing?.event?.type !== 'mqttClosed') throw new Error('nothing was closed')
  const otherwise = { ...closing, event: { ...closing.event, cause: 'network' as const } }
  expect(judgeHalfOpen([otherwise])).toEqual(['CONN-3: the link ended by network, and not by keep alive'])
})

function flowOf(...packets: [TappedConnection['flow'][number]['from'], Packet][]) {
  return { flow: packets.map(([from, packet]) => ({ from, packet })) }
}

const publish = (messageId: number, more: Partial<Extract<Packet, { cmd: 'publish' }>> = {}): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload: 'x',
  qos: 1,
  dup: false,
  retain: false,
  messageId,
  length: 20,
  ...more,
})

test('breach of CONN-5: a device that does not keep to the limits of CONNACK is found', async () => {
  const { sandbox, tap } = await tapCloud({ limits: { receiveMaximum: 2, maximumPacketSize: 512 } })
  const { device } = makeDevice(sandbox, { apiUrl: tap.apiUrl, ca: tap.caPem })
  const route = sandbox.routes.temperature?.routeId ?? ''
  device.start()
  const settled = ['1', '2', '3', '4', '5'].map((value) => device.report(route, value).settled)
  for (const outcome of await Promise.all(settled)) expect(outcome).toMatchObject({ result: 'done' })
  await expect(device.report(route, 'x'.repeat(600)).settled).rejects.toMatchObject({ code: 'too-large' })
  const [connection] = tap.connections
  if (connection === undefined) throw new Error('nobody connected')
  expect(connection.packets.filter(({ cmd }) => cmd === 'publish')).toHaveLength(5)
  expect(judgeLimits(connection)).toEqual([])

  const connack: Packet = {
    cmd: 'connack',
    sessionPresent: false,
    reasonCode: 0,
    properties: { receiveMaximum: 2, maximumPacketSize: 100, maximumQoS: 1, retainAvailable: false },
  }
  const puback: Packet = { cmd: 'puback', messageId: 1, reasonCode: 0 }
  const judge = (...sent: Packet[]) =>
    judgeLimits(flowOf(['broker', connack], ...sent.map((packet): ['device', Packet] => ['device', packet])))
  expect(judge(publish(1), publish(2), publish(3))).toEqual([
    'CONN-5: 3 publishes without PUBACK, where the broker takes 2',
  ])
  expect(
    judgeLimits(
      flowOf(
        ['broker', connack],
        ['device', publish(1)],
        ['device', publish(2)],
        ['broker', puback],
        ['device', publish(3)],
      ),
    ),
  ).toEqual([])
  expect(judge(publish(1, { length: 99 }))).toEqual([
    'CONN-5: a publish of 101 bytes, where the broker takes 100',
  ])
  expect(judge(publish(1, { qos: 2 }))).toEqual(['CONN-5: QoS 2, where the broker takes 1'])
  expect(judge(publish(1, { retain: true }))).toEqual(['CONN-5: retain, where the broker has none'])
  expect(judge(publish(1, { properties: { topicAlias: 1 } }))).toEqual([
    'CONN-5: a topic alias over the maximum',
  ])
})

test('breach of PUB-1: another QoS, and retain, are found in publishes and in wills', async () => {
  const { sandbox, tap } = await tapCloud()
  const { device } = makeDevice(sandbox, { apiUrl: tap.apiUrl, ca: tap.caPem })
  const route = sandbox.routes.temperature?.routeId ?? ''
  device.start()
  expect(await device.report(route, '21.5').settled).toMatchObject({ result: 'done' })
  expect(tap.connections.flatMap(judgePublishes)).toEqual([])
  expect(tap.connections.flatMap(({ packets }) => packets).some(({ cmd }) => cmd === 'publish')).toBe(true)

  expect(judgePublishes(flowOf(['device', publish(1, { qos: 0 })]))).toEqual([
    'PUB-1: published to t with QoS 0',
  ])
  expect(judgePublishes(flowOf(['device', publish(1, { retain: true })]))).toEqual([
    'PUB-1: published to t with retain set',
  ])
  const will = { topic: 'w', payload: Buffer.from('gone'), qos: 2 as const, retain: true }
  expect(judgePublishes(flowOf(['device', { cmd: 'connect', clientId: 'c', will }]))).toEqual([
    'PUB-1: published to w with QoS 2',
    'PUB-1: published to w with retain set',
  ])
})
