import { demand } from '../../watch.ts'
import { puts } from '../bench.ts'
import type { StoreCase } from '../case.ts'

const WRITES = 10_000
const ENTRIES = 20

export const lifetimeCases: readonly StoreCase[] = [
  {
    clauses: ['STORE-8', 'STORE-10', 'STORE-11'],
    shows: 'after close it reads and writes nothing, and close again does nothing',
    async run({ newPlace, open, write, writeRefused, readRefused, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      await write(store, puts({ a: 1 }), 'STORE-2')
      await close(store, 'STORE-11')
      await close(store, 'STORE-11')
      await writeRefused(store, puts({ a: 2 }), 'STORE-10', 'closed')
      await readRefused(store, 'closed', 'STORE-10')
      const next = await open(place, 'STORE-13')
      await close(store, 'STORE-11')
      await holds(next, { a: 1 }, 'STORE-10')
      await write(next, puts({ a: 3 }), 'STORE-11')
    },
  },
  {
    clauses: ['STORE-8', 'STORE-12', 'STORE-13'],
    shows:
      'a second store at the place is refused until the first is closed, and the first is none the worse',
    needs: ['refusesSecond'],
    async run({ newPlace, open, openRefused, write, holds, close }) {
      const place = await newPlace()
      const other = await newPlace()
      const store = await open(place, 'STORE-1')
      await openRefused(place, 'in-use', 'STORE-12')
      await write(store, puts({ a: 1 }), 'STORE-12')
      await openRefused(place, 'in-use', 'STORE-12')
      await holds(await open(other, 'STORE-12'), {}, 'STORE-1')
      await close(store, 'STORE-11')
      const next = await open(place, 'STORE-13')
      await openRefused(place, 'in-use', 'STORE-12')
      await close(store, 'STORE-11')
      await openRefused(place, 'in-use', 'STORE-12')
      await holds(next, { a: 1 }, 'STORE-2')
    },
  },
  {
    clauses: ['STORE-16'],
    shows: `${WRITES} writes to ${ENTRIES} entries take no more room than some do`,
    needs: ['tellsSize'],
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const size = async () => (await place.sizeBytes?.()) ?? 0
      const store = await open(place, 'STORE-1')
      const value = 'x'.repeat(200)
      const step = (n: number) =>
        write(
          store,
          [
            { key: 'head', value: n },
            { key: `e/${n}`, value },
            { key: `e/${n - ENTRIES}`, value: null },
          ],
          'STORE-16',
        )
      for (let n = ENTRIES; n < ENTRIES * 3; n++) await step(n)
      const early = await size()
      for (let n = ENTRIES * 3; n < WRITES; n++) {
        await step(n)
        if (n % 100 !== 99) continue
        const late = await size()
        demand(late <= early * 4 + 65_536, 'STORE-16', `${early} bytes have grown to ${late}`)
      }
      await close(store, 'STORE-11')
      const last = Array.from({ length: ENTRIES }, (_, n) => [`e/${WRITES - 1 - n}`, value] as const)
      await holds(await open(place, 'STORE-13'), { ...Object.fromEntries(last), head: WRITES - 1 }, 'STORE-2')
    },
  },
  {
    clauses: ['STORE-7', 'STORE-8', 'STORE-17'],
    shows: 'without room a write is refused and what was kept stays; with room again everything goes on',
    needs: ['newTightPlace'],
    async run({ newTightPlace, open, write, writeRefused, holds, close }) {
      const place = await newTightPlace()
      const store = await open(place, 'STORE-1')
      const kept = { a: 1, b: 'x'.repeat(2_000) }
      await write(store, puts(kept), 'STORE-2')
      await place.fill()
      const much = puts({ a: 2, c: 'y'.repeat(300_000) })
      await writeRefused(store, much, 'STORE-17', 'full')
      await writeRefused(store, much, 'STORE-17', 'full')
      await holds(store, kept, 'STORE-7')
      await place.makeRoom()
      await close(store, 'STORE-17')
      const next = await open(place, 'STORE-17')
      await holds(next, kept, 'STORE-7')
      await write(next, much, 'STORE-17')
    },
  },
]
