import { type Expected, puts } from '../bench.ts'
import type { StoreCase } from '../case.ts'

export const changeCases: readonly StoreCase[] = [
  {
    clauses: ['STORE-3'],
    shows: 'the later value replaces the earlier, shorter or longer',
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      for (const value of ['short', 'x'.repeat(20_000), { a: 1 }, 'y'])
        await write(store, [{ key: 'a', value }], 'STORE-3')
      await holds(store, { a: 'y' }, 'STORE-3')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), { a: 'y' }, 'STORE-3')
    },
  },
  {
    clauses: ['STORE-4'],
    shows: 'null takes away, also what is not there, and for good',
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      await write(store, puts({ a: 1, b: 2, 'a/b': 3 }), 'STORE-2')
      await write(
        store,
        [
          { key: 'a', value: null },
          { key: 'missing', value: null },
        ],
        'STORE-4',
      )
      await holds(store, { b: 2, 'a/b': 3 }, 'STORE-4')
      await close(store, 'STORE-11')
      const next = await open(place, 'STORE-13')
      await holds(next, { b: 2, 'a/b': 3 }, 'STORE-4')
      await write(next, [{ key: 'a', value: null }], 'STORE-4')
    },
  },
  {
    clauses: ['STORE-5'],
    shows:
      'within one write, the last change of a key is the one that counts; a write without changes is one too',
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      await write(
        store,
        [
          { key: 'a', value: 1 },
          { key: 'a', value: null },
          { key: 'b', value: null },
          { key: 'b', value: 2 },
          { key: 'c', value: 3 },
          { key: 'c', value: 4 },
        ],
        'STORE-5',
      )
      await write(store, [], 'STORE-5')
      await holds(store, { b: 2, c: 4 }, 'STORE-5')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), { b: 2, c: 4 }, 'STORE-5')
    },
  },
  {
    clauses: ['STORE-14'],
    shows: 'a reader that is under way sees what was there when it began',
    async run({ newPlace, open, write, holds }) {
      const store = await open(await newPlace(), 'STORE-1')
      const before = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k/${n}`, n]))
      await write(store, puts(before), 'STORE-2')
      const reader = store.entries()[Symbol.iterator]()
      const seen = [reader.next()]
      await write(
        store,
        [
          { key: 'k/0', value: null },
          { key: 'k/7', value: 'new' },
          { key: 'new', value: 1 },
        ],
        'STORE-14',
      )
      for (let next = reader.next(); next.done !== true; next = reader.next()) seen.push(next)
      const found = seen.flatMap(({ done, value }) => (done === true ? [] : [value]))
      const frozen = { ...store, entries: () => found }
      await holds(frozen, before, 'STORE-14')
      const { 'k/0': _, ...rest } = before
      await holds(store, { ...rest, 'k/7': 'new', new: 1 }, 'STORE-14')
    },
  },
  {
    clauses: ['STORE-15'],
    shows: 'a value is kept as it was when it was written, whoever changes it afterwards',
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      const mine = { list: [1, 2] }
      const changes = [{ key: 'a', value: mine }]
      const written = write(store, changes, 'STORE-2')
      mine.list.push(3)
      changes.pop()
      await written
      const kept: Expected = { a: { list: [1, 2] } }
      await holds(store, kept, 'STORE-15')
      for (const [, value] of store.entries()) Object.assign(Object(value), { list: 'taken over' })
      await holds(store, kept, 'STORE-15')
      await write(store, [{ key: 'b', value: 1 }], 'STORE-2')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), { ...kept, b: 1 }, 'STORE-15')
    },
  },
]
