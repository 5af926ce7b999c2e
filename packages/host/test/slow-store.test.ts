import { expect, test } from 'vitest'
import { StoreError } from '../src/index.ts'
import { desiredState, topics } from './fake-cloud.ts'
import { createFakePlatform } from './fake-platform.ts'
import { createFakeStore, type FakeStore } from './fake-store.ts'
import { createWorld, settlePromises, type World } from './world.ts'

const full = new StoreError('full', '/var/device', 'No space left on device.')

function worldOn(store: FakeStore): World {
  return createWorld({}, { ...createFakePlatform(), store })
}

test('PUB-3: a report that waits behind a write is refused where that write fails and ends the device', async () => {
  const store = createFakeStore()
  store.waits = true
  const { device, told } = worldOn(store)
  device.start()
  const waiting = device.report('temperature', '20')
  const refused = expect(waiting.settled).rejects.toMatchObject({ code: 'store-failed', field: 'store' })
  await store.finish(full)
  await refused
  await expect(waiting.kept).rejects.toMatchObject({ messageId: waiting.messageId })
  expect(told.life.at(-1)).toBe('stopped: storeFailed, revoked false')
  expect(told.diagnostics.map(({ code }) => code)).toEqual(['store-failed', 'report-refused'])
})

test('PUB-3: a report that is offered when it is told that the store has failed is refused as stopped', async () => {
  const store = createFakeStore()
  store.waits = true
  const { device } = worldOn(store)
  const offered: Promise<unknown>[] = []
  device.on('diagnostic', ({ code }) => {
    if (code === 'store-failed') offered.push(device.report('temperature', '20').settled)
  })
  device.start()
  await store.finish(full)
  expect(offered).toHaveLength(1)
  await expect(offered[0]).rejects.toMatchObject({ code: 'stopped' })
  expect(await device.stop()).toEqual({ revoked: false })
})

test('F-1, CRED-5: no CONNECT leaves with a tuple whose end has come and waits for the store', async () => {
  const store = createFakeStore()
  const { cloud, device, platform } = worldOn(store)
  device.start()
  cloud.answerToken()
  cloud.answerCatalog()
  cloud.answerCredential()
  store.waits = true
  device.report('temperature', '20')
  // The timer of the tuple's end fires in time, and its event stands behind the write.
  platform.clock.advance(3_600_000)
  cloud.link.events.onOpen()
  expect(cloud.link.sent).toEqual([])
  expect(cloud.link.state).toBe('destroyed')
  await store.finish()
  await settlePromises()
  expect(cloud.link.sent).toEqual([])
})

test('REN-5: a report whose write outlasts the tuple is not published on the old session', async () => {
  const store = createFakeStore()
  const { cloud, device, platform } = worldOn(store)
  device.start()
  cloud.bringOnline()
  const published = () => cloud.packets().filter(({ type }) => type === 'PUBLISH').length
  const before = published()
  store.waits = true
  const { kept, messageId } = device.report('temperature', '20')
  store.waits = false
  platform.clock.jump(3_600_000)
  await store.finish()
  await kept
  expect(published()).toBe(before)
  expect(device.pending()).toContain(messageId)
})

test('REN-5: a message whose write outlasts the tuple is not acknowledged on the old session', async () => {
  const store = createFakeStore()
  const { cloud, device, platform } = worldOn(store)
  device.onCommand('door', { execute: () => 'applied', currentValue: () => 'closed' })
  device.start()
  cloud.bringOnline()
  await settlePromises()
  store.waits = true
  cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'))
  store.waits = false
  const sent = cloud.packets().length
  platform.clock.jump(3_600_000)
  await store.finish()
  expect(cloud.packets()).toHaveLength(sent)
})

test('a step that subscribes, and whose write outlasts the tuple, does not subscribe with it', async () => {
  const store = createFakeStore()
  const { cloud, device, platform } = worldOn(store)
  // REN-5. The first command runs for ever, so that the second one waits until its window ends.
  device.onCommand('door', { execute: () => new Promise(() => {}), currentValue: () => 'closed' })
  device.start()
  cloud.bringOnline()
  await settlePromises()
  cloud.publish(topics.doorDesired, desiredState('des_1', 4, 'open'), 1)
  cloud.publish(topics.doorDesired, desiredState('des_2', 5, 'open', 20), 2)
  await settlePromises()
  cloud.link.events.onClosed('network', 'gone')
  platform.clock.advance(2_000)
  cloud.link.events.onOpen()
  platform.clock.jump(20_000)
  store.waits = true
  cloud.connack()
  store.waits = false
  platform.clock.jump(3_600_000)
  await store.finish()
  expect(cloud.packets().map(({ type }) => type)).toEqual(['CONNECT'])
})

test('CORE-1: a store whose promise is none of the language, and calls back twice, has each step carried out once', async () => {
  const store = createFakeStore()
  const { device, told } = worldOn(store)
  const { write } = store
  device.start()
  store.write = (changes) => {
    write(changes)
    // biome-ignore lint/suspicious/noThenProperty: the promise of another library is what this is about
    const promise = { then: (kept: () => void) => [kept(), kept()] }
    return promise as unknown as Promise<void>
  }
  const { kept } = device.report('temperature', '20')
  expect(device.pending()).toEqual([])
  await kept
  await settlePromises()
  expect(told.steps.map(({ event }) => event?.type ?? 'start')).toEqual(['start', 'reportOffered'])
  expect(told.steps.map(({ n }) => n)).toEqual([0, 1])
})

test('STOP-1: a stop is over when others can open the store, or its time to close is', async () => {
  for (const closes of [true, false]) {
    const store = createFakeStore()
    let close = (): void => {}
    store.close = () =>
      new Promise((resolve) => {
        close = resolve
      })
    const { device, platform, told } = worldOn(store)
    device.start()
    let isOver = false
    void device.stop().then(() => {
      isOver = true
    })
    await settlePromises()
    expect([told.life.at(-1), isOver]).toEqual(['stopped: shutdown, revoked false', false])
    if (closes) close()
    else platform.clock.advance(60_000)
    await settlePromises()
    expect([isOver, platform.clock.running]).toEqual([true, 0])
  }
})

test('F-11, STOP-1, REN-5: a store that does not answer ends the device, with whatever waited for it', async () => {
  const store = createFakeStore()
  const { cloud, device, platform, told } = worldOn(store)
  device.start()
  cloud.bringOnline()
  store.waits = true
  const { kept, settled } = device.report('temperature', '20')
  const stopping = device.stop()
  platform.clock.advance(10_000)
  await expect(kept).rejects.toMatchObject({ code: 'store-failed' })
  await expect(settled).rejects.toMatchObject({ code: 'store-failed' })
  expect(await stopping).toEqual({ revoked: false })
  expect(told.life.at(-1)).toBe('stopped: storeFailed, revoked false')
  expect([cloud.link.state, platform.clock.running]).toEqual(['destroyed', 0])
})
