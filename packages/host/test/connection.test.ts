import { expect, test } from 'vitest'
import { openConnection } from '../src/connection.ts'
import { mqttOverLink } from '../src/mqtt-over-link.ts'
import { createVault } from '../src/vault.ts'
import { createFakeCloud, desiredState, topics } from './fake-cloud.ts'
import { createFakePlatform } from './fake-platform.ts'
import { createWorld, settlePromises, type World } from './world.ts'

function onlineWorld(): World {
  const world = createWorld()
  world.device.onCommand('door', { execute: () => {}, currentValue: () => 'open' })
  world.device.start()
  world.cloud.bringOnline()
  return world
}

/** The mqtt events that the machine heard. */
function mqttEvents({ told }: World) {
  return told.steps.flatMap(({ event }) => (event?.type.startsWith('mqtt') ? [event] : []))
}

test('a QoS 1 message is acknowledged after the machine has taken it (MQTT 5 section 4.3.2)', () => {
  const world = onlineWorld()
  let acknowledgedAtStep = true
  world.device.on('step', ({ event }) => {
    if (event?.type === 'mqttMessageReceived')
      acknowledgedAtStep = world.cloud.packets().some(({ type }) => type === 'PUBACK')
  })
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 1), 77)
  expect(acknowledgedAtStep).toBe(false)
  expect(world.cloud.packets().filter(({ type }) => type === 'PUBACK')).toMatchObject([
    { packetId: 77, reasonCode: 0 },
  ])
})

test.each([
  ['a lone continuation byte', [0x80]],
  ['an overlong form', [0xc0, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a cut sequence', [0xf0, 0x9f, 0x98]],
])(
  'a payload with %s is answered 0x99 and never reaches the machine (MQTT 5 section 3.4.2.1)',
  (_what, bytes) => {
    const world = onlineWorld()
    const steps = world.told.steps.length
    world.cloud.publish(topics.doorDesired, Uint8Array.from(bytes), 5)
    expect(world.told.steps).toHaveLength(steps)
    expect(world.told.diagnostics.at(-1)).toMatchObject({ code: 'message-not-utf8', field: 'payload' })
    expect(world.cloud.packets().at(-1)).toMatchObject({ type: 'PUBACK', packetId: 5, reasonCode: 0x99 })
  },
)

test('CONN-4: a refused CONNECT is told once, and then nothing of that connection', () => {
  const world = createWorld()
  const { cloud, device, told } = world
  device.start()
  cloud.answerToken()
  cloud.answerCatalog()
  cloud.answerCredential()
  cloud.link.events.onOpen()
  cloud.connack(0x87)
  const { link } = cloud
  expect(link.state).toBe('destroyed')
  link.events.onClosed('server', 'ended')
  expect(mqttEvents(world)).toEqual([
    { type: 'mqttRefused', connection: told.steps.at(-1)?.event && expect.any(String), reasonCode: 0x87 },
  ])
})

test.each([
  ['network', 'connect ECONNREFUSED'],
  ['tls', 'CERT_HAS_EXPIRED'],
  ['timeout', 'not open in time'],
] as const)('a link that fails with %s before it opens is told with that cause (CONN-3)', (cause, detail) => {
  const world = createWorld()
  world.device.start()
  world.cloud.answerToken()
  world.cloud.answerCatalog()
  world.cloud.answerCredential()
  world.cloud.link.events.onClosed(cause, detail)
  expect(mqttEvents(world)).toMatchObject([
    { type: 'mqttClosed', cause, reasonCode: null, detail: expect.stringContaining(detail) },
  ])
})

test('REN-1, CONN-6: a renewal opens the new connection only after the old link is gone', () => {
  const world = onlineWorld()
  const { platform, cloud } = world
  const first = cloud.link
  platform.clock.advance(30_000)
  cloud.answerCredential()
  expect(cloud.packets().at(-1)).toMatchObject({ type: 'DISCONNECT', reasonCode: 0 })
  expect(first.state).toBe('closing')
  expect(platform.links).toHaveLength(1)
  first.events.onClosed('client', 'closed')
  expect(platform.links).toHaveLength(2)
  expect(first.state).toBe('destroyed')
  cloud.link.events.onOpen()
  cloud.connack()
  cloud.suback()
  expect(world.told.life.slice(-2)).toEqual(['offline: renewal', 'online after renewal'])
})

test('CONN-6: an old link that does not close is cut before the new one opens, and is not heard any more', () => {
  const world = onlineWorld()
  const { platform, cloud } = world
  const first = cloud.link
  platform.clock.advance(30_000)
  cloud.answerCredential()
  platform.clock.advance(5_000)
  expect(first.state).toBe('destroyed')
  expect(platform.links).toHaveLength(2)
  const steps = world.told.steps.length
  first.events.onBytes(Uint8Array.from([0xd0, 0x00]))
  first.events.onClosed('network', 'late')
  expect(world.told.steps).toHaveLength(steps)
})

test('a broker that breaks the protocol is sent DISCONNECT before the link is cut (MQTT 5 section 4.13)', () => {
  const world = onlineWorld()
  const { link } = world.cloud
  link.events.onBytes(Uint8Array.from([0xf0, 0x00]))
  expect(world.cloud.packets().at(-1)).toMatchObject({ type: 'DISCONNECT' })
  expect(link.state).toBe('closing')
  world.platform.clock.advance(5_000)
  expect(link.state).toBe('destroyed')
  expect(mqttEvents(world).filter(({ type }) => type === 'mqttClosed')).toMatchObject([
    { cause: 'protocolError' },
  ])
})

test('CONN-3: a half-open connection is found by keep-alive and cut at once', () => {
  const world = onlineWorld()
  const { clock } = world.platform
  const { link } = world.cloud
  const pings = () => world.cloud.packets().filter(({ type }) => type === 'PINGREQ').length
  // Nothing of the cloud's side is said any more; the renewal's HTTPS call waits meanwhile.
  while (pings() === 0 && clock.now() < 100_000) clock.advance(1_000)
  expect(pings()).toBe(1)
  expect(link.state).toBe('live')
  clock.advance(10_000)
  expect(link.state).toBe('destroyed')
  const closed = mqttEvents(world).find((event) => event.type === 'mqttClosed')
  expect(closed).toMatchObject({ type: 'mqttClosed', cause: 'keepAlive' })
})

test('CONN-3: a broker that never answers CONNECT is given up', () => {
  const world = createWorld()
  world.device.start()
  world.cloud.answerToken()
  world.cloud.answerCatalog()
  world.cloud.answerCredential()
  world.cloud.link.events.onOpen()
  const { link } = world.cloud
  world.platform.clock.advance(30_000)
  expect(link.state).toBe('destroyed')
  expect(world.told.diagnostics.map(({ code }) => code)).toContain('connect-timeout')
})

test('REC-3: a DISCONNECT of the broker is told with its reason', () => {
  const world = onlineWorld()
  world.cloud.link.events.onBytes(Uint8Array.from([0xe0, 0x01, 0x8b]))
  expect(mqttEvents(world).at(-1)).toMatchObject({ type: 'mqttClosed', cause: 'server', reasonCode: 0x8b })
  expect(world.cloud.link.state).toBe('destroyed')
})

/** PUBLISH packets of desired states, one behind the other. */
function desiredPackets(...numbers: readonly number[]): number[] {
  return numbers.flatMap((number) => {
    const topic = [...Buffer.from(topics.doorDesired)]
    const payload = [...Buffer.from(desiredState(`des_${number}`, number))]
    const rest = [0, topic.length, ...topic, 0, number, 0, ...payload]
    return [0x32, (rest.length & 127) | 128, rest.length >> 7, ...rest]
  })
}

test('several packets in one chunk are heard in order', async () => {
  const world = onlineWorld()
  world.cloud.link.events.onBytes(Uint8Array.from([...desiredPackets(1, 2), 0xe0, 0x01, 0x8b]))
  await settlePromises()
  expect(mqttEvents(world).slice(-3)).toMatchObject([
    { type: 'mqttMessageReceived' },
    { type: 'mqttMessageReceived' },
    { type: 'mqttClosed' },
  ])
})

test('after an abort nothing more is told, not even the rest of the chunk, and nothing is sent', () => {
  const platform = createFakePlatform()
  const cloud = createFakeCloud(platform)
  const vault = createVault()
  vault.keep('tuple', 'password')
  const heard: string[] = []
  const connection = openConnection(
    {
      type: 'mqttConnect',
      connection: 'connection-1',
      url: 'mqtts://broker.example',
      clientId: 'cdv_1',
      username: 'user',
      password: { secret: 'tuple' },
      cleanStart: true,
      sessionExpirySeconds: 0,
      will: null,
      keepAliveSeconds: 60,
      timeoutMs: 30_000,
    },
    {
      openMqtt: mqttOverLink({ ...platform, closeTimeoutMs: 5_000, diagnose: () => {} }),
      vault,
      readPassword: () => vault.read('tuple'),
      isTupleOver: () => false,
      dispatch({ event, done }) {
        heard.push(event.type)
        if (event.type === 'mqttMessageReceived') connection.abort()
        done?.()
      },
      diagnose: () => {},
    },
  )
  cloud.link.events.onOpen()
  cloud.connack()
  const sent = cloud.packets().length
  cloud.link.events.onBytes(Uint8Array.from(desiredPackets(1, 2)))
  cloud.link.events.onBytes(Uint8Array.from(desiredPackets(3)))
  cloud.link.events.onClosed('server', 'late')
  connection.publish('delivery-1', topics.door, '{}')
  connection.disconnect(0)
  platform.clock.advance(300_000)
  expect(heard).toEqual(['mqttConnected', 'mqttMessageReceived'])
  expect(cloud.packets()).toHaveLength(sent)
  expect(platform.clock.running).toBe(0)
})
