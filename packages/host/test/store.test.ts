import { expect, test } from 'vitest'
import { StoreError } from '../src/index.ts'
import { acknowledgement, canaries, desiredState, topics } from './fake-cloud.ts'
import { createFakePlatform, type FakePlatform } from './fake-platform.ts'
import { createFakeStore, type FakeStore } from './fake-store.ts'
import { createWorld, settlePromises, type World } from './world.ts'

const full = new StoreError('full', '/var/device', 'No space left on device.')

interface Door {
  value: string
  readonly executed: string[]
  runs?: Promise<'applied'>
  repeatable?: boolean
}

function closedDoor(more: Partial<Door> = {}): Door {
  return { value: 'closed', executed: [], ...more }
}

/** A device with a door over a store; the ids of each process are its own. */
function worldOn(
  store: FakeStore,
  door = closedDoor(),
  platform: FakePlatform = createFakePlatform(),
  process = 'a',
): World {
  let ids = 0
  const world = createWorld({}, { ...platform, store, newMessageId: () => `${process}-${++ids}` })
  world.device.onCommand('door', {
    execute({ desiredId, value }) {
      door.executed.push(desiredId)
      door.value = String(value)
      return door.runs ?? 'applied'
    },
    currentValue: () => door.value,
    ...(door.repeatable !== undefined && { repeatable: door.repeatable }),
  })
  return world
}

function published(world: World): number {
  return world.cloud.packets().filter(({ type }) => type === 'PUBLISH').length
}

test('PUB-9: a report is on the store before it is published, and off it when it has settled', async () => {
  const store = createFakeStore()
  const world = worldOn(store)
  world.device.start()
  world.cloud.bringOnline()
  await settlePromises()
  const before = published(world)
  let publishedAtWrite = -1
  const { write } = store
  store.write = (changes) => {
    if (JSON.stringify(changes).includes('21.5')) publishedAtWrite = published(world)
    return write(changes)
  }
  const { kept, settled, messageId } = world.device.report('temperature', '21.5')
  expect([publishedAtWrite, published(world)]).toEqual([before, before + 1])
  await kept
  expect(JSON.stringify([...store.table])).toContain(messageId)
  world.cloud.puback()
  world.cloud.publish(topics.acks, acknowledgement(messageId))
  expect(await settled).toMatchObject({ result: 'done' })
  expect(JSON.stringify([...store.table])).not.toContain(messageId)
})

test('DES-9: a command is on the store before it is executed, and its outcome before it is published', async () => {
  const store = createFakeStore()
  const door = closedDoor()
  const world = worldOn(store, door)
  const seen: string[] = []
  const { write } = store
  store.write = (changes) => {
    const text = JSON.stringify(changes)
    if (text.includes('des_1')) seen.push(`${door.executed.length} executed, ${outcomes(world)} told`)
    return write(changes)
  }
  world.device.start()
  world.cloud.bringOnline()
  await settlePromises()
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  await settlePromises()
  expect(seen.slice(0, 2)).toEqual(['0 executed, 0 told', '1 executed, 0 told'])
  expect([door.executed, outcomes(world)]).toEqual([['des_1'], 1])
})

/** How many outcomes were published. */
function outcomes(world: World): number {
  return world.cloud.packets().filter(({ payload }) => payload?.includes('des_1')).length
}

test('a step writes only what it has changed, and nothing where nothing of it must survive', () => {
  const store = createFakeStore()
  const world = worldOn(store)
  world.device.start()
  expect(store.writes.map((changes) => changes.map(({ key }) => key))).toEqual([['head']])
  const { messageId } = world.device.report('temperature', '20')
  world.device.report('temperature', '21')
  const twoReports = store.writes.length
  expect(store.writes.slice(1).map((changes) => changes.map(({ key }) => key))).toEqual([
    ['head', 'report/0000000000000001'],
    ['head', 'report/0000000000000002'],
  ])
  world.cloud.bringOnline()
  world.cloud.puback()
  // On its way and accepted by the broker: a restart forgets that, so it is not written.
  expect(JSON.stringify(store.writes.slice(twoReports))).not.toContain(messageId)
})

test('PUB-4, DES-12: the next process goes on from the store alone', async () => {
  const store = createFakeStore()
  const first = worldOn(store, closedDoor({ runs: new Promise(() => {}) }))
  first.device.start()
  first.cloud.bringOnline()
  await settlePromises()
  first.cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  const { messageId } = first.device.report('temperature', '21.5')
  await settlePromises()

  const door = closedDoor({ value: 'open' })
  const second = worldOn(createFakeStore(store.table), door, createFakePlatform(), 'b')
  second.device.start()
  expect(second.device.pending()).toContain(messageId)
  expect(second.device.snapshot()?.reports.map(({ payload }) => payload)).toEqual(
    first.device.snapshot()?.reports.map(({ payload }) => payload),
  )
  await settlePromises()
  second.cloud.bringOnline()
  await settlePromises()
  second.cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  second.cloud.publish(topics.doorDesired, desiredState('des_0', 3, 'open'))
  await settlePromises()
  expect(door.executed).toEqual([])
  expect(second.told.commands).toEqual([{ route: 'door', desiredId: 'des_1', outcome: 'applied' }])
})

test.each([
  ['the same clock', 'boot-1', 'boot-1', undefined, ['des_1']],
  ['another clock', 'boot-1', 'boot-2', undefined, []],
  ['a clock without a name', undefined, undefined, undefined, []],
  ['the same clock, and a host that says otherwise', 'boot-1', 'boot-1', 'restarted' as const, []],
  ['a clock without a name, and a host that knows it', undefined, undefined, 'continued' as const, ['des_1']],
])(
  'DES-2, DES-12: windows go on after a restart on %s as far as that can be known',
  async (_what, before, after, clock, executed) => {
    const store = createFakeStore()
    const { clock: time, ...rest } = createFakePlatform()
    const named = (origin: string | undefined) => ({
      ...time,
      running: 0,
      ...(origin !== undefined && { origin }),
    })
    const first = worldOn(store, closedDoor({ runs: new Promise(() => {}), repeatable: true }), {
      ...rest,
      clock: named(before),
    })
    first.device.start()
    first.cloud.bringOnline()
    await settlePromises()
    first.cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
    await settlePromises()

    const door = closedDoor({ repeatable: true })
    const second = worldOn(
      createFakeStore(store.table),
      door,
      { ...createFakePlatform(), clock: named(after) },
      'b',
    )
    second.device.start(clock === undefined ? {} : { clock })
    await settlePromises()
    second.cloud.bringOnline()
    await settlePromises()
    expect(door.executed).toEqual(executed)
  },
)

test('PUB-3: a report that the store cannot keep is refused, and the device goes on', async () => {
  const store = createFakeStore()
  const world = worldOn(store)
  world.device.start()
  world.cloud.bringOnline()
  await settlePromises()
  const before = published(world)
  store.failWith = full
  const refused = world.device.report('temperature', '21.5')
  await expect(refused.kept).rejects.toMatchObject({ code: 'store-failed', field: 'store' })
  await expect(refused.settled).rejects.toMatchObject({ name: 'ReportError', messageId: refused.messageId })
  expect(world.told.diagnostics.at(-1)).toMatchObject({ code: 'report-refused', field: 'store' })
  expect(published(world)).toBe(before)
  expect(world.device.pending()).not.toContain(refused.messageId)

  store.failWith = null
  const taken = world.device.report('temperature', '21.5', { messageId: refused.messageId })
  await taken.kept
  expect(published(world)).toBe(before + 1)
})

test('DES-9, SAFE-1: a command that the store cannot keep is not executed: the device stops as if the power had gone', async () => {
  const store = createFakeStore()
  const door = closedDoor()
  const world = worldOn(store, door)
  const { cloud, device, platform, told } = world
  device.start()
  cloud.bringOnline()
  await settlePromises()
  const { settled, messageId } = device.report('temperature', '21.5')
  const sent = cloud.packets().length
  store.failWith = full
  cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  await settlePromises()
  expect(door.executed).toEqual([])
  // Nothing more leaves, no PUBACK either: the broker still has the message.
  expect(cloud.packets()).toHaveLength(sent)
  expect([cloud.link.state, platform.clock.running, store.closed]).toEqual(['destroyed', 0, true])
  expect(told.diagnostics.at(-1)).toMatchObject({ level: 'error', code: 'store-failed', field: 'store' })
  expect(told.life.slice(-2)).toEqual(['safe: storeFailed', 'stopped: storeFailed, revoked false'])
  expect(await settled).toEqual({ result: 'pending' })
  expect(await device.stop()).toEqual({ revoked: false })
  await expect(device.report('temperature', '22').settled).rejects.toMatchObject({ code: 'stopped' })

  // With room again, the next device goes on with all that was taken before.
  const next = worldOn(createFakeStore(store.table), door, createFakePlatform(), 'b')
  next.device.start()
  expect(next.device.pending()).toContain(messageId)
})

test('CORE-1: while a store writes on its own time, effects and events wait for it, in order', async () => {
  const store = createFakeStore()
  const world = worldOn(store)
  const { cloud, device } = world
  device.start()
  cloud.bringOnline()
  await settlePromises()
  cloud.puback()
  const before = published(world)
  store.waits = true
  const first = device.report('temperature', '20')
  const second = device.report('temperature', '21')
  let isKept = false
  void first.kept.then(() => {
    isKept = true
  })
  await settlePromises()
  expect([isKept, published(world), device.pending().includes(first.messageId)]).toEqual([
    false,
    before,
    false,
  ])
  await store.finish()
  await settlePromises()
  expect([isKept, published(world)]).toEqual([true, before + 1])
  await store.finish(full)
  await expect(second.kept).rejects.toMatchObject({ code: 'store-failed' })
  expect(published(world)).toBe(before + 1)
  store.waits = false
  const third = device.report('temperature', '22')
  await third.kept
  expect(published(world)).toBe(before + 2)
})

test('F-1, CRED-5: no CONNECT leaves with a tuple that has ended while the store was writing, or the machine slept', async () => {
  for (const holdsUp of ['a sleep', 'the store']) {
    const store = createFakeStore()
    const { cloud, device, platform } = worldOn(store)
    device.start()
    cloud.answerToken()
    cloud.answerCatalog()
    cloud.answerCredential()
    if (holdsUp === 'the store') {
      store.waits = true
      device.report('temperature', '20')
    }
    const link = cloud.link
    platform.clock.jump(3_600_000)
    link.events.onOpen()
    expect(link.sent, holdsUp).toEqual([])
    expect(link.state, holdsUp).toBe('destroyed')
  }
})

test('a stop closes the store when all is written, and what waits is in it', async () => {
  const store = createFakeStore()
  const { device } = worldOn(store)
  device.start()
  const { messageId } = device.report('temperature', '20')
  const stopping = device.stop({ reason: 'compromise' })
  await settlePromises()
  await stopping
  expect(store.closed).toBe(true)
  expect(JSON.stringify([...store.table])).toContain(messageId)

  const unused = createFakeStore()
  await worldOn(unused).device.stop()
  expect(unused.closed).toBe(true)
})

test('a store whose content makes no sense, or that cannot be read, is refused at the start, and nothing has happened', () => {
  const good = createFakeStore()
  const writer = worldOn(good)
  writer.device.start()
  writer.device.report('temperature', '20')
  const entries = [...good.table]
  const wrong: [Map<string, unknown>, object][] = [
    [new Map(entries.filter(([key]) => key !== 'head')), { code: 'snapshot-unknown', field: 'format' }],
    [
      new Map<string, unknown>([...entries, ['report/0000000000000000', 'x']]),
      { code: 'snapshot-damaged', field: 'reports.0' },
    ],
    [new Map<string, unknown>([...entries, ['route/0000000000000009', 7]]), { code: 'snapshot-damaged' }],
  ]
  for (const [table, error] of wrong) {
    const { device, platform } = worldOn(createFakeStore(table as never))
    expect(() => device.start()).toThrow(expect.objectContaining(error))
    expect([device.state(), platform.calls]).toEqual([null, []])
  }
  const unreadable = createFakeStore()
  unreadable.entries = () => {
    throw new StoreError('damaged', 'device.store', 'The store is damaged.')
  }
  expect(() => worldOn(unreadable).device.start()).toThrow(expect.objectContaining({ code: 'damaged' }))
  const unwritable = createFakeStore()
  unwritable.failWith = full
  const { device } = worldOn(unwritable)
  expect(() => device.start()).toThrow(full)
  unwritable.failWith = null
  device.start()
  expect(device.state()).not.toBeNull()
})

test('the store says what to go on from: a snapshot beside it is a mistake', () => {
  const { device } = worldOn(createFakeStore())
  const { device: other } = createWorld()
  other.start()
  expect(() => device.start({ resume: other.snapshot() })).toThrow(
    expect.objectContaining({ code: 'argument-invalid', field: 'resume' }),
  )
})

test('DES-9, CRED-3: with a store a device is durable, and no secret is in it', async () => {
  const store = createFakeStore()
  const { cloud, device, told } = worldOn(store)
  device.start()
  cloud.bringOnline()
  device.report('temperature', '20')
  await settlePromises()
  expect(told.diagnostics.filter(({ code }) => code === 'not-durable')).toEqual([])
  const text = JSON.stringify(store.writes)
  expect(text).toContain('temperature')
  for (const canary of Object.values(canaries)) expect(text).not.toContain(canary)
})
