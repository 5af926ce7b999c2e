import { expect, test } from 'vitest'
import { type Snapshot, SnapshotError } from '../src/index.ts'
import { acknowledgement, canaries, desiredState, topics } from './fake-cloud.ts'
import { createFakePlatform, type FakePlatform } from './fake-platform.ts'
import { createWorld, settlePromises, type World } from './world.ts'

/** The snapshot of a device as another process reads it. */
function stored(world: World): Snapshot {
  return JSON.parse(JSON.stringify(world.device.snapshot()))
}

/** A platform of another process: what it makes is told from what the first one made. */
function nextPlatform(): FakePlatform {
  const platform = createFakePlatform()
  let ids = 0
  return { ...platform, newMessageId: () => `after-${++ids}` }
}

function worldWithDoor(
  platform: FakePlatform,
  door: { value: string; executed: string[]; runs?: Promise<'applied'>; repeatable?: boolean },
): World {
  const world = createWorld({ durable: true }, platform)
  world.device.onCommand('door', {
    execute({ desiredId }) {
      door.executed.push(desiredId)
      return door.runs ?? 'applied'
    },
    currentValue: () => door.value,
    ...(door.repeatable !== undefined && { repeatable: door.repeatable }),
  })
  return world
}

const never = new Promise<'applied'>(() => {})

test('CORE-6, PUB-4, PUB-9: what waits in a snapshot is pending again, goes out with its id, and settles through the event', async () => {
  const before = createWorld()
  before.device.start()
  const { messageId } = before.device.report('temperature', '21.5')
  const snapshot = stored(before)

  const { cloud, device, told } = createWorld({}, nextPlatform())
  device.start({ resume: snapshot })
  expect(device.pending()).toEqual([messageId])
  cloud.bringOnline()
  expect(JSON.parse(cloud.lastPacket('PUBLISH')?.payload ?? '')).toMatchObject({ message_id: messageId })
  cloud.puback()
  cloud.publish(topics.acks, acknowledgement(messageId))
  expect(told.reports).toEqual([
    { messageId, route: 'temperature', result: 'done', status: 'accepted', errorType: null, desiredId: null },
  ])
  expect(device.pending()).toEqual([])
})

test('PUB-4: an id that waits in the snapshot is in use', async () => {
  const before = createWorld()
  before.device.start()
  const { messageId } = before.device.report('temperature', '21.5')
  const { device } = createWorld({}, nextPlatform())
  device.start({ resume: stored(before) })
  await expect(device.report('temperature', '22', { messageId }).settled).rejects.toMatchObject({
    code: 'message-id-in-use',
  })
})

test('DES-12: a command that was running is not run again; its report says what is physically true', async () => {
  const first = { value: 'closed', executed: [] as string[], runs: never }
  const before = worldWithDoor(createFakePlatform(), first)
  before.device.start()
  before.cloud.bringOnline()
  before.cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  await settlePromises()
  expect(first.executed).toEqual(['des_1'])

  const second = { value: 'open', executed: [] as string[] }
  const after = worldWithDoor(nextPlatform(), second)
  after.device.start({ resume: stored(before) })
  await settlePromises()
  after.cloud.bringOnline()
  await settlePromises()
  expect(after.told.steps.flatMap(({ effects }) => effects)).toContainEqual(
    expect.objectContaining({ type: 'readValue', because: 'interrupted' }),
  )
  // The cloud sends it once more: it is known.
  after.cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  await settlePromises()
  expect(second.executed).toEqual([])
  expect(after.told.commands).toEqual([{ route: 'door', desiredId: 'des_1', outcome: 'applied' }])
})

test.each([
  ['runs again within its window', 'continued' as const, ['des_1']],
  ['does not, where the window cannot be known', 'restarted' as const, []],
  ['does not, where nothing is said of the clock', undefined, []],
])('DES-12: the command of a repeatable handler %s', async (_what, clock, executed) => {
  const platform = createFakePlatform()
  const before = worldWithDoor(platform, { value: 'closed', executed: [], runs: never, repeatable: true })
  before.device.start()
  before.cloud.bringOnline()
  before.cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  await settlePromises()

  const second = { value: 'closed', executed: [] as string[], repeatable: true }
  const after = worldWithDoor({ ...nextPlatform(), clock: platform.clock }, second)
  after.device.start({ resume: stored(before), ...(clock !== undefined && { clock }) })
  expect(after.device.state()?.context.config.repeatableRoutes).toEqual(['door'])
  after.cloud.bringOnline()
  await settlePromises()
  expect(second.executed).toEqual(executed)
})

test('CORE-6: a snapshot that cannot be used is refused at the door, and the device can still be started', () => {
  const before = createWorld()
  before.device.start()
  before.device.report('temperature', '21.5')
  const snapshot = stored(before)
  const { device, platform, told } = createWorld({}, nextPlatform())
  const wrong: [unknown, SnapshotError['code'], string][] = [
    [{}, 'snapshot-unknown', 'format'],
    ['{"format":"realer-device-snapshot"}', 'snapshot-unknown', 'format'],
    [{ ...snapshot, version: 2 }, 'snapshot-unknown', 'version'],
    [{ ...snapshot, deviceId: 8 }, 'snapshot-unknown', 'deviceId'],
    [{ ...snapshot, reports: 'none' }, 'snapshot-damaged', 'reports'],
  ]
  for (const [resume, code, field] of wrong) {
    expect(() => device.start({ resume })).toThrow(SnapshotError)
    expect(() => device.start({ resume })).toThrow(expect.objectContaining({ code, field }))
  }
  expect(() => device.start({ clock: 'stopped' as 'restarted' })).toThrow(
    expect.objectContaining({ code: 'argument-invalid', field: 'clock' }),
  )
  expect([told.steps, platform.calls, device.state(), device.snapshot()]).toEqual([[], [], null, null])
  device.start({ resume: snapshot })
  expect(platform.calls).toHaveLength(1)
  expect(device.pending()).toHaveLength(1)
})

test('null in place of a snapshot or of options stands for none', () => {
  const one = createWorld()
  one.device.start({ resume: null })
  expect(one.device.pending()).toEqual([])
  const other = createWorld()
  other.device.start(null as unknown as undefined)
  expect(other.platform.calls).toHaveLength(1)
})

test('PUB-9: the step is told before its effects are carried out, so that what must survive can be written first', () => {
  const { cloud, device } = createWorld()
  const written: { reports: number; published: number }[] = []
  device.start()
  cloud.bringOnline()
  device.on('step', ({ event }) => {
    if (event?.type !== 'reportOffered') return
    const published = cloud.packets().filter(({ type }) => type === 'PUBLISH').length
    written.push({ reports: device.snapshot()?.reports.length ?? 0, published })
  })
  device.report('temperature', '21.5')
  expect(written).toEqual([{ reports: 1, published: 0 }])
  expect(cloud.lastPacket('PUBLISH')).toBeDefined()
})

test('CRED-3: no secret is in a snapshot', () => {
  const world = createWorld()
  world.device.start()
  world.cloud.bringOnline()
  world.device.report('temperature', '21.5')
  const text = JSON.stringify(world.device.snapshot())
  expect(text).toContain('21.5')
  for (const canary of Object.values(canaries)) expect(text).not.toContain(canary)
})
