import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, type MemoryStore } from '@realer-device/memory'
import { openFileStore, type Store } from '@realer-device/node'
import { openSqliteStore, openSqliteStores } from '@realer-device/sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { canaries, desiredState, topics } from '../packages/host/test/fake-cloud.ts'
import { createFakePlatform } from '../packages/host/test/fake-platform.ts'
import { createWorld, type World } from '../packages/host/test/world.ts'
import { mountSmallDisk } from './support/small-disk.ts'

const endings: (() => unknown)[] = []

afterEach(() => {
  for (const end of endings.splice(0).reverse()) end()
})

/** A place for the stores of one device, one after the other. */
interface Place {
  open(): Store
  /** From now on nothing that is long can be written. */
  fill(): void
  makeRoom(): void
}

/** Long enough for no file to have room for it by chance. */
const long = (value: string): string => value.padEnd(50_000, '.')

const disk = mountSmallDisk()
disk?.remove()

function onDisk(open: (path: string) => Store): Place {
  const own = mountSmallDisk()
  const folder = own?.path ?? mkdtempSync(join(tmpdir(), 'realer-device-on-store-'))
  endings.push(() => (own === null ? rmSync(folder, { recursive: true, force: true }) : own.remove()))
  const fill = () => own?.fill()
  return { open: () => open(join(folder, 'device.store')), fill, makeRoom: () => own?.makeRoom() }
}

function inMemory(isAsync: boolean): Place {
  let store: MemoryStore | null = null
  return {
    open() {
      const next = store === null ? createMemoryStore([], { async: isAsync }) : store.reopen()
      store = next
      if (!isAsync) return next
      return {
        ...next,
        write(changes) {
          queueMicrotask(next.settle)
          return next.write(changes)
        },
      }
    },
    fill: () => store?.fail('full'),
    makeRoom: () => store?.fail(null),
  }
}

function openOneOfMany(path: string): Store {
  const stores = openSqliteStores(path)
  const store = stores.open('device-7')
  return {
    ...store,
    close() {
      void store.close()
      stores.close()
    },
  }
}

const places: readonly (readonly [name: string, make: () => Place, canBeFull: boolean])[] = [
  ['the plain-file store', () => onDisk(openFileStore), disk !== null],
  ['the SQLite store', () => onDisk(openSqliteStore), disk !== null],
  ['an SQLite store of many devices', () => onDisk(openOneOfMany), disk !== null],
  ['a memory store', () => inMemory(false), true],
  ['a memory store that writes later', () => inMemory(true), true],
]

/** A device with a door, on a store. */
function deviceOn(store: Store, process = 'a'): World & { readonly executed: string[] } {
  let ids = 0
  const world = createWorld({}, { ...createFakePlatform(), store, newMessageId: () => `${process}-${++ids}` })
  const executed: string[] = []
  world.device.onCommand('door', {
    execute: ({ desiredId }) => void executed.push(desiredId),
    currentValue: () => 'closed',
  })
  return { ...world, executed }
}

/** Starts it, and waits until the store has the first step. */
async function start({ device }: World): Promise<void> {
  device.start()
  await expect.poll(() => device.state()).not.toBeNull()
}

async function bringOnline(world: World): Promise<void> {
  const { cloud, told } = world
  for (const answer of [cloud.answerToken, cloud.answerCatalog, cloud.answerCredential]) answer()
  cloud.link.events.onOpen()
  cloud.connack()
  cloud.suback()
  await expect.poll(() => told.life).toContain('online after start')
}

const holding = (world: World, text: string): number =>
  world.cloud.packets().filter(({ type, payload }) => type === 'PUBLISH' && payload?.includes(text)).length

describe.each(places)('a device on %s', (_, makePlace, canBeFull) => {
  it('PUB-9, CRED-3: has a report in the store before it leaves; the next one has it still, and no secret', async () => {
    const place = makePlace()
    const store = place.open()
    const leftBeforeKept: number[] = []
    const world = deviceOn({
      ...store,
      async write(changes) {
        await store.write(changes)
        const kept = JSON.stringify([...store.entries()])
        if (kept.includes('21.5')) leftBeforeKept.push(holding(world, '21.5'))
      },
    })
    await start(world)
    await bringOnline(world)
    const { kept, messageId } = world.device.report('temperature', '21.5')
    await kept
    await expect.poll(() => holding(world, '21.5')).toBe(1)
    expect(leftBeforeKept[0]).toBe(0)
    await store.close()

    const again = place.open()
    const text = JSON.stringify([...again.entries()])
    for (const secret of Object.values(canaries)) expect(text).not.toContain(secret)
    const next = deviceOn(again, 'b')
    await start(next)
    expect(next.device.pending()).toContain(messageId)
    await again.close()
  })

  it.skipIf(!canBeFull)(
    `PUB-3, PUB-9: refuses a report that has no room, and goes on with all others when there is room, where this machine can mount a small disk${canBeFull ? '' : ' (SKIPPED: this process may not mount a file system)'}`,
    async () => {
      const place = makePlace()
      const world = deviceOn(place.open())
      await start(world)
      const taken = world.device.report('temperature', '21.5')
      await taken.kept
      place.fill()
      const refused = world.device.report('temperature', long('22'))
      await expect(refused.kept).rejects.toMatchObject({ name: 'ReportError', code: 'store-failed' })
      expect(world.device.pending()).toEqual([taken.messageId])
      place.makeRoom()
      const later = world.device.report('temperature', long('23'))
      await later.kept
      void world.device.stop({ reason: 'compromise' })

      const store = place.open()
      const next = deviceOn(store, 'b')
      await start(next)
      expect(next.device.pending()).toEqual([taken.messageId, later.messageId])
      await store.close()
    },
  )

  it.skipIf(!canBeFull)(
    `DES-9, SAFE-1: stops for a command that has no room; the next device knows all that was taken before, where this machine can mount a small disk${canBeFull ? '' : ' (SKIPPED: this process may not mount a file system)'}`,
    async () => {
      const place = makePlace()
      const world = deviceOn(place.open())
      await start(world)
      const { kept, messageId } = world.device.report('temperature', '21.5')
      await kept
      await bringOnline(world)
      place.fill()
      // Ever more commands, for a store may have some room of its own.
      const hasStopped = () => world.told.life.at(-1)?.startsWith('stopped: storeFailed') === true
      let sent = 0
      while (!hasStopped() && sent < 500) {
        const before = world.told.steps.length
        sent++
        world.cloud.publish(topics.doorDesired, desiredState(`des_${sent}`, sent, `open ${'o'.repeat(200)}`))
        await expect.poll(() => hasStopped() || world.told.steps.length > before).toBe(true)
      }
      expect(world.told.life.slice(-2)).toEqual(['safe: storeFailed', 'stopped: storeFailed, revoked false'])
      expect(world.executed).not.toContain(`des_${sent}`)
      place.makeRoom()

      const store = place.open()
      const next = deviceOn(store, 'b')
      await start(next)
      expect(next.device.pending()).toContain(messageId)
      await store.close()
    },
  )
})
