import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract, type TightPlace } from '@realer-device/contract'
import { openFileStore, type Store } from '@realer-device/node'
import { openSqliteStore } from '@realer-device/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mountSmallDisk } from './support/small-disk.ts'
import { faultsOver, tryFaults } from './support/store-faults.ts'
import { type StoreKind, type StoreProcess, startStoreProcess } from './support/store-process.ts'

const kinds: readonly [StoreKind, (path: string) => Store][] = [
  ['file', openFileStore],
  ['sqlite', openSqliteStore],
]

/** How many bits are flipped; half as many cuts come beside them. */
const FLIPS = Number(process.env.REALER_STORE_FAULTS ?? 40)

let folder: string
let path: string
let processes: StoreProcess[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realer-device-faults-'))
  path = join(folder, 'device.store')
  processes = []
})

afterEach(async () => {
  for (const one of processes) await one.kill()
  rmSync(folder, { recursive: true, force: true })
})

function start(...order: Parameters<typeof startStoreProcess>): StoreProcess {
  const child = startStoreProcess(...order)
  processes.push(child)
  return child
}

const inUse = expect.objectContaining({ name: 'StoreError', code: 'in-use' })

/** A store with a life behind it: entries put, replaced and taken away over many writes. */
function livedStore(open: (path: string) => Store): [string, unknown][] {
  const store = open(path)
  for (let n = 0; n < 60; n++)
    void store.write([
      { key: 'head', value: { lastId: n } },
      { key: `report/${n}`, value: { messageId: `m-${n}`, payload: 'x'.repeat(150 + n) } },
      { key: `report/${n - 30 < 0 ? n + 100 : n - 30}`, value: null },
    ])
  const entries = [...store.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  void store.close()
  return entries as [string, unknown][]
}

describe.each(kinds)('the %s store', (kind, open) => {
  it('PUB-9 DES-9: with a flipped bit or cut short is damaged, or all of it is there; nothing else, and no crash', async () => {
    const entries = livedStore(open)
    const outcomes = await tryFaults(kind, path, faultsOver(readFileSync(path).length, FLIPS))
    const whole = JSON.stringify(entries)
    const wrong = outcomes.filter(({ found }) => found !== 'damaged' && JSON.stringify(found) !== whole)
    expect(wrong).toEqual([])
    expect(outcomes.filter(({ mended }) => mended !== entries.length)).toEqual([])
    expect(outcomes.filter(({ found }) => found === 'damaged').length).toBeGreaterThan(FLIPS / 2)
  }, 300_000)

  it('is refused to a second process while the first lives, and let in when it was killed', async () => {
    const first = start({ kind, path, do: 'hold' })
    expect(await first.next()).toBe('holds')
    expect(() => open(path)).toThrow(inUse)
    await first.kill()
    const store = open(path)
    expect([...store.entries()]).toEqual([['head', 'written by the first process']])
    void store.close()
  })

  it.skipIf(process.platform === 'win32')(
    'PUB-9: keeps all that was written before a file cannot grow any more, and says that the next write failed',
    async () => {
      const child = start({ kind, path, do: 'grow' }, 512)
      const told = (await child.next()) as { refusedAs: string; kept: number; size: number; entries: number }
      // For SQLite this is an error of the disk like any other.
      expect(told.refusedAs).toBe(kind === 'file' ? 'full' : 'failed')
      expect(told.kept).toBeGreaterThan(3)
      expect(told).toMatchObject({ size: told.kept, entries: told.kept + 1 })
      const store = open(path)
      expect([...store.entries()]).toHaveLength(told.kept + 1)
      void store.write([{ key: 'size', value: 'room again' }])
      void store.close()
    },
  )

  it.skipIf(process.platform === 'win32')(
    'is denied in a folder that is read-only, and to who may not read it',
    async () => {
      // The child makes a folder of its own, as a user without privileges.
      const place = mkdtempSync('/tmp/realer-device-denied-')
      rmSync(place, { recursive: true })
      const child = start({ kind, path: join(place, 'device.store'), do: 'live in a read-only folder' })
      expect(await child.next()).toEqual({
        asNew: 'denied',
        whenOpened: 'denied',
        whenWritten: 'denied',
        found: [['a', 1]],
        afterwards: 'kept',
        whenUnreadable: 'denied',
        last: [['a', 3]],
      })
      rmSync(place, { recursive: true, force: true })
    },
  )

  it('leaves nothing of a write that was cut off between the file beside it and the rename', () => {
    const entries = livedStore(open)
    writeFileSync(`${path}.tmp`, 'half of a wri')
    writeFileSync(`${path}.new`, 'half of a database')
    const store = open(path)
    expect([...store.entries()].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(entries)
    void store.close()
    if (kind === 'file') expect(readdirSync(folder)).not.toContain('device.store.tmp')
  })
})

describe('a disk without room', () => {
  const disk = mountSmallDisk()
  disk?.remove()
  const name = disk === null ? ' (SKIPPED: this process may not mount a file system)' : ''

  /** A disk of its own for each place. */
  function tightPlace(open: (path: string) => Store): TightPlace {
    const own = mountSmallDisk()
    if (own === null)
      throw new Error('The file system that could be mounted a moment ago cannot be mounted now.')
    return { ...own, open: () => open(join(own.path, 'device.store')) }
  }

  describe.each(kinds)(`fails the %s store in good order${name}`, (_, open) => {
    const cases = storeContract({ newPlace: () => tightPlace(open), newTightPlace: () => tightPlace(open) })
    for (const { name, clauses, run } of cases)
      if (clauses.includes('STORE-17')) it.skipIf(disk === null)(name, run)
  })
})

describe.runIf(process.platform === 'linux')(
  'the lock by an abstract name, where there is no flock(1)',
  () => {
    it('refuses a second process while the first lives, and lets it in when that was killed', async () => {
      const { lockByName } = await import('../packages/node/src/file-lock.ts')
      writeFileSync(`${path}.lock`, '')
      const first = start({ kind: 'file', path, do: 'holdName' })
      expect(await first.next()).toBe('holds')
      expect(() => lockByName(path)).toThrow(inUse)
      await first.kill()
      const unlock = lockByName(path)
      expect(() => lockByName(path)).toThrow(inUse)
      unlock()
      lockByName(path)()
    })
  },
)
