import { expect, test } from 'vitest'
import { StoreError } from '../src/index.ts'
import { createFakePlatform } from './fake-platform.ts'
import { createFakeStore, type FakeStore } from './fake-store.ts'
import { createWorld, type World } from './world.ts'

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
