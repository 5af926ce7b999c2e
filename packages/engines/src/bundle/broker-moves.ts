import type { Packet } from 'mqtt-packet'
import { bytesOf, type Owed, type Published } from './broker.ts'
import type { Chance } from './chance.ts'
import type { Connection } from './connection.ts'
import { type Mood, type Move, wrongOnceIn } from './move.ts'
import type { World } from './world.ts'

/** What the link and the broker can do now. */
export function brokerMoves({ connection }: World, mood: Mood): readonly Move[] {
  if (connection === null) return []
  const rarely = mood === 'well' ? 0 : 1
  const isOpen = connection.phase === 'open'
  const { broker, phase, timers } = connection
  return [
    { weight: phase === 'opening' ? 14 : 0, value: openLink },
    { weight: phase === 'closing' ? 14 : 0, value: (world) => connection.ends(world.now, 'closed') },
    { weight: isOpen && broker.owed.length > 0 ? 14 : 0, value: pay },
    { weight: isOpen && broker.published.length > 0 ? 8 : 0, value: acknowledge },
    { weight: isOpen && broker.topics.length > 0 ? 7 : 0, value: desire },
    { weight: timers.size > 0 ? 1 : 0, value: fireSessionTimer },
    { weight: isOpen ? rarely : 0, value: sendRubbish },
    { weight: isOpen ? rarely : 0, value: closeFromServer },
    { weight: isOpen ? rarely : 0, value: (world) => connection.ends(world.now, 'lost') },
  ]
}

const refusals = [
  0x80, 0x82, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9c, 0x9d, 0x9f,
] as const
const farewells = [
  0x00, 0x81, 0x82, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x93, 0x95, 0x96, 0x97, 0x98, 0x9c, 0x9d, 0xa0,
] as const
const subackRefusals = [0x80, 0x83, 0x87, 0x8f, 0x97, 0x9e, 0xa1, 0xa2] as const
const pubackRefusals = [0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99] as const

function openLink(world: World, mood: Mood): void {
  const { connection, chance, now } = world
  if (chance.oneIn(wrongOnceIn[mood] * 2)) connection?.ends(now, 'unreachable')
  else connection?.opens(now)
}

/** Sends a packet in pieces: where they are cut must not matter. */
function send(world: World, packet: Packet): void {
  sendBytes(world, bytesOf(packet))
}

function sendBytes({ connection, chance, now }: World, bytes: Uint8Array): void {
  let at = 0
  while (at < bytes.length) {
    const end = chance.oneIn(3) ? at + 1 + chance.below(bytes.length - at) : bytes.length
    connection?.receives(now, bytes.subarray(at, end))
    at = end
  }
}

/** The broker answers the oldest packet, or any; seldom it answers nothing, and what it owes is forgotten. */
function pay(world: World, mood: Mood): void {
  const { connection, chance } = world
  if (connection === null) return
  const isWrong = chance.oneIn(wrongOnceIn[mood])
  const { owed } = connection.broker
  const [debt] = owed.splice(isWrong ? chance.below(owed.length) : 0, 1)
  if (debt === undefined || (isWrong && chance.oneIn(8))) return
  send(world, payment(debt, chance, isWrong))
}

function payment(debt: Owed, chance: Chance, isWrong: boolean): Packet {
  const properties = { reasonString: chance.of(['no', 'nö', '\u{1f600}']) }
  switch (debt.to) {
    case 'connect': {
      const reasonCode = isWrong && chance.oneIn(2) ? chance.of(refusals) : 0
      if (reasonCode !== 0)
        return {
          cmd: 'connack',
          sessionPresent: false,
          reasonCode,
          properties: { ...properties, serverReference: 'b' },
        }
      return { cmd: 'connack', sessionPresent: false, reasonCode, properties: limits(chance, isWrong) }
    }
    case 'subscribe': {
      const granted = debt.topics.map(() => (isWrong && chance.oneIn(2) ? chance.of(subackRefusals) : 1))
      // One grant too many is a fault of the protocol.
      if (isWrong && chance.oneIn(6)) granted.push(1)
      return { cmd: 'suback', messageId: debt.packetId, granted }
    }
    case 'publish': {
      const reasonCode = isWrong && chance.oneIn(2) ? chance.of(pubackRefusals) : 0
      const messageId = isWrong && chance.oneIn(6) ? 60_000 : debt.packetId
      return { cmd: 'puback', messageId, reasonCode, ...(reasonCode !== 0 && { properties }) }
    }
    case 'ping':
      return { cmd: 'pingresp' }
  }
}

function limits(chance: Chance, isWrong: boolean) {
  return {
    ...(chance.oneIn(3) && { receiveMaximum: chance.of([1, 2, 100]) }),
    ...(chance.oneIn(4) && { maximumPacketSize: chance.of([200, 1_000, 65_536]) }),
    ...(chance.oneIn(4) && { serverKeepAlive: chance.of([0, 10, 300]) }),
    ...(chance.oneIn(4) && { sessionExpiryInterval: 60 }),
    ...(isWrong && { maximumQoS: 0, retainAvailable: false, wildcardSubscriptionAvailable: false }),
  }
}

/** The application acknowledges a report: the first, or another one, or one that nobody knows. */
function acknowledge(world: World, mood: Mood): void {
  const { connection, chance } = world
  const topic = connection?.broker.topics.find((name) => name.endsWith('/acks'))
  if (connection === null || topic === undefined) return
  const { published } = connection.broker
  const isWrong = chance.oneIn(wrongOnceIn[mood])
  const at = isWrong ? chance.below(published.length) : 0
  const message = published[at]
  // One that is kept is acknowledged a second time later.
  if (!isWrong || !chance.oneIn(3)) published.splice(at, 1)
  const body = {
    version: isWrong && chance.oneIn(8) ? 2 : 1,
    status: isWrong
      ? chance.of(['conflict', 'rejected', 'error', 'unheard-of'])
      : chance.of(['accepted', 'replayed']),
    retryable: chance.oneIn(2),
    message_id: isWrong && chance.oneIn(8) ? 'unknown' : messageIdOf(message),
    error: { type: 'some', detail: 1e21 },
  }
  sendMessage(world, connection, topic, JSON.stringify(body))
}

function messageIdOf(published: Published | undefined): unknown {
  if (published === undefined) return 'unknown'
  return (JSON.parse(published.payload) as { message_id: unknown }).message_id
}

const desiredFields = [
  'version',
  'desired_id',
  'value',
  'valid_for_seconds',
  'expires_at',
  'sequence_number',
] as const
const rubbish = [
  '',
  '{',
  'null',
  '[]',
  '{"version":1}',
  '{"__proto__":1}',
  '"\\ud800"',
  '1e999',
  '{"desired_id":1}',
] as const

/** A desired state: the next one, or one that came before, with a field that is missing or has no sense. */
function desire(world: World, mood: Mood): void {
  const { connection, chance, steps } = world
  const topic = chance.any(connection?.broker.topics.filter((name) => name.endsWith('/desired')) ?? [])
  if (connection === null || topic === undefined) return
  const isWrong = chance.oneIn(wrongOnceIn[mood])
  const route = topic.split('/').at(-2) ?? ''
  const number = isWrong ? chance.below(steps + 1) : steps
  const body: Record<string, unknown> = {
    version: 1,
    desired_id: `des_${route}_${number}`,
    value: chance.of<unknown>(['open', 'shut', 21.5, { level: 0.1 + 0.2, name: 'ä' }, null]),
    valid_for_seconds: isWrong ? chance.of<unknown>([60, 1, 0.25, 0, -1, 1e300, '60']) : 600,
    expires_at: chance.of(['2026-04-29T10:01:01Z', '2026-04-29T10:01:01.123456789Z', 'soon']),
    sequence_number: isWrong && chance.oneIn(4) ? chance.of([-5, 0, 1.5, 2 ** 53 - 1, 1e300]) : number,
  }
  if (isWrong && chance.oneIn(4)) delete body[chance.of(desiredFields)]
  const fresh = isWrong && chance.oneIn(6) ? chance.of(rubbish) : JSON.stringify(body)
  // QoS 1 may deliver a message twice.
  const payload = isWrong && chance.oneIn(2) ? (chance.any(world.desired) ?? fresh) : fresh
  world.desired.push(payload)
  if (world.desired.length > 8) world.desired.shift()
  sendMessage(world, connection, topic, payload)
}

function sendMessage(world: World, connection: Connection, topic: string, payload: string): void {
  const qos = world.chance.oneIn(12) ? 0 : 1
  const packet = { cmd: 'publish', topic, payload, qos, dup: false, retain: world.chance.oneIn(20) } as const
  const messageId = connection.nextPacketId()
  send(world, qos === 0 ? packet : { ...packet, messageId })
}

/** A timer of the session: the keep alive, or the end of a wait. */
function fireSessionTimer(world: World): void {
  const { connection, chance } = world
  const [timer, dueAt] = chance.any([...(connection?.timers ?? [])]) ?? []
  if (connection === null || timer === undefined || dueAt === undefined) return
  world.now = Math.max(world.now, dueAt)
  connection.fires(world.now, timer)
}

/** Bytes that are no MQTT, and packets that have no place here. */
function sendRubbish(world: World): void {
  const { chance } = world
  if (chance.oneIn(3)) return send(world, { cmd: 'pingresp' })
  if (chance.oneIn(3)) return send(world, { cmd: 'puback', messageId: 1, reasonCode: 0 })
  sendBytes(
    world,
    Uint8Array.from({ length: 1 + chance.below(12) }, () => chance.below(256)),
  )
}

function closeFromServer(world: World): void {
  send(world, {
    cmd: 'disconnect',
    reasonCode: world.chance.of(farewells),
    properties: { reasonString: 'enough', serverReference: 'other:8883' },
  })
}
