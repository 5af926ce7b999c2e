import type { JsonValue, StoreChange } from '@realer-device/host'
import { puts } from '../bench.ts'
import type { StoreCase } from '../case.ts'

/** What JSON can carry and a store may get wrong. `-0` is `0` in JSON. */
const values: { readonly [key: string]: JsonValue } = {
  text: 'grüße, 温度, 🌡️, \u0000 \u2028 \\ "quoted"\n',
  half: 'half of a pair: \ud83c',
  empty: '',
  truth: [true, false],
  numbers: [0, -0, 0.1, 1e21, 1e-7, -1.5, 5e-324, 1.7976931348623157e308, 9007199254740991],
  order: { z: 1, a: 2, 10: 3, 9: 4 },
  prototype: JSON.parse('{"__proto__":{"a":1},"constructor":null,"toString":"t"}'),
  nothing: [null, [], {}, [[]], { '': null }],
  deep: nested(500),
}

const longest = `${'a/0'.repeat(21)}z`
const keys = ['a', '0', '/', 'a/', '//', 'a/b', 'ab', 'a0', 'z9/z9', longest]

const badKeys: readonly unknown[] = [
  '',
  `${longest}0`,
  'A',
  'ä',
  'a b',
  'a-b',
  'a\n',
  'a\u0000',
  '..',
  7,
  null,
  undefined,
]
const badValues: readonly [string, unknown][] = [
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a bigint', 1n],
  ['a date', new Date(0)],
  ['a map', new Map([['a', 1]])],
  ['undefined inside', { a: [undefined] }],
  ['a hole in a list', { a: new Array(1) }],
  ['a circle', circle()],
]

export const valueCases: readonly StoreCase[] = [
  {
    clauses: ['STORE-1'],
    shows: 'a new store is empty, and so is the next one where nothing was written',
    async run({ newPlace, open, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      await holds(store, {}, 'STORE-1')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), {}, 'STORE-1')
    },
  },
  {
    clauses: ['STORE-2', 'STORE-9'],
    shows: 'every kind of JSON is read again as it was, at once and by the next store',
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      await write(store, puts(values), 'STORE-2')
      await holds(store, values, 'STORE-2')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), values, 'STORE-2')
    },
  },
  {
    clauses: ['STORE-2'],
    shows: 'a text of a MiB, and another one in the same write',
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      const long = { 'long/1': 'ä€𝄞"'.repeat(100_000), 'long/2': 'x'.repeat(1_048_576) }
      await write(store, puts(long), 'STORE-2')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), long, 'STORE-2')
    },
  },
  {
    clauses: ['STORE-2', 'STORE-6'],
    shows: 'keys of every form and at the bound of their length are keys of their own',
    async run({ newPlace, open, write, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      const entries = Object.fromEntries(keys.map((key, index) => [key, index]))
      await write(store, puts(entries), 'STORE-6')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), entries, 'STORE-2')
    },
  },
  {
    clauses: ['STORE-6', 'STORE-7', 'STORE-8'],
    shows: 'a bad key or value is refused with all that was written beside it, before it and after it',
    async run({ newPlace, open, write, writeRefused, holds, close }) {
      const place = await newPlace()
      const store = await open(place, 'STORE-1')
      await write(store, [{ key: 'a', value: 1 }], 'STORE-2')
      const bad = [
        ...badKeys.map((key) => ({ key, value: 1 })),
        ...badValues.map(([, value]) => ({ key: 'bad', value })),
      ] as StoreChange[]
      for (const change of bad) {
        const changes = [{ key: 'a', value: 2 }, { key: 'b', value: 3 }, change, { key: 'a', value: null }]
        await writeRefused(store, changes, 'STORE-6')
        await holds(store, { a: 1 }, 'STORE-7')
      }
      await write(store, [{ key: 'b', value: 4 }], 'STORE-7')
      await close(store, 'STORE-11')
      await holds(await open(place, 'STORE-13'), { a: 1, b: 4 }, 'STORE-7')
    },
  },
]

function nested(depth: number): JsonValue {
  let value: JsonValue = 'bottom'
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { in: value }
  return value
}

function circle(): unknown {
  const round: { self?: unknown } = {}
  round.self = round
  return round
}
