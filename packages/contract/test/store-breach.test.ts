import {
  ContractBreach,
  type ContractCase,
  type StorePlace,
  storeClauses,
  storeContract,
} from '@realer-device/contract'
import { type JsonValue, type Store, type StoreChange, StoreError } from '@realer-device/host'
import { createMemoryStore, type MemoryStore } from '@realer-device/memory'
import { describe, expect, it } from 'vitest'

type Break = (store: MemoryStore, place: StorePlace) => Partial<Store>
type Entries = [string, JsonValue][]

const good: Break = (store) => store

/** A place whose stores are those in memory with some of their parts broken. */
function brokenPlace(broken: Break, openAgain: (store: MemoryStore) => MemoryStore): StorePlace {
  let store: MemoryStore | null = null
  const place: StorePlace & { fill(): void; makeRoom(): void } = {
    open() {
      store = store === null ? createMemoryStore() : openAgain(store)
      const inner = store
      const { entries, write, close } = inner
      return { entries, write, close, ...broken(inner, place) }
    },
    sizeBytes: () => JSON.stringify([...(store?.entries() ?? [])]).length,
    fill: () => store?.fail('full'),
    makeRoom: () => store?.fail(null),
  }
  return place
}

function kitFor(broken: Break, openAgain = (store: MemoryStore) => store.reopen()): ContractCase[] {
  const place = () => brokenPlace(broken, openAgain)
  const tight = () => place() as ReturnType<typeof place> & { fill(): void; makeRoom(): void }
  return storeContract({ newPlace: place, newTightPlace: tight, tellsSize: true })
}

/** The clauses that a kit finds broken, each once. */
async function brokenClauses(kit: readonly ContractCase[]): Promise<string[]> {
  const found = new Set<string>()
  for (const { run } of kit) {
    try {
      await run()
    } catch (error) {
      if (!(error instanceof ContractBreach)) throw error
      found.add(error.clause)
    }
  }
  return [...found]
}

const entriesOf = (store: Store): Entries => [...store.entries()] as Entries

/** Changes what is written. */
const writing =
  (change: (changes: readonly StoreChange[], store: MemoryStore) => readonly StoreChange[]): Break =>
  (store) => ({ write: (changes) => store.write(change(changes, store)) })

/** Changes what is read. */
const reading =
  (change: (entries: Entries) => Entries): Break =>
  (store) => ({ entries: () => change(entriesOf(store)) })

/** Whether a change is one that no store takes. */
function isBad(change: StoreChange): boolean {
  try {
    createMemoryStore([[change.key, change.value]])
    return false
  } catch {
    return true
  }
}

const breaches: readonly (readonly [clause: string, what: string, broken: Break])[] = [
  ['STORE-1', 'has an entry of its own', reading((entries) => [...entries, ['made/up', 1]])],
  [
    'STORE-2',
    'keeps numbers to seven digits',
    writing((changes) => changes.map(({ key, value }) => ({ key, value: rounded(value) }))),
  ],
  [
    'STORE-3',
    'keeps the first value',
    writing((changes, store) =>
      changes.filter(({ key, value }) => value === null || !entriesOf(store).some(([old]) => old === key)),
    ),
  ],
  ['STORE-4', 'does not take away', writing((changes) => changes.filter(({ value }) => value !== null))],
  ['STORE-5', 'makes the changes from the last to the first', writing((changes) => [...changes].reverse())],
  [
    'STORE-6',
    'passes over what is bad, and takes the rest',
    writing((changes) => changes.filter((one) => !isBad(one))),
  ],
  [
    'STORE-7',
    'has written what came before the fault',
    (store) => ({
      write(changes) {
        for (const change of changes) store.write([change])
      },
    }),
  ],
  [
    'STORE-8',
    'throws errors of its own',
    (store) => ({
      write(changes) {
        try {
          return store.write(changes)
        } catch (error) {
          throw new Error(String(error))
        }
      },
    }),
  ],
  [
    'STORE-9',
    'gives a number',
    (store) => ({
      write: (changes) => {
        void store.write(changes)
        return changes.length as unknown as undefined
      },
    }),
  ],
  [
    'STORE-10',
    'reads on after its end',
    (store) => {
      let last: Entries = []
      return {
        close() {
          try {
            last = entriesOf(store)
          } catch {
            return
          }
          void store.close()
        },
        entries: () => {
          try {
            return store.entries()
          } catch {
            return last
          }
        },
      }
    },
  ],
  [
    'STORE-11',
    'is closed once only',
    (store) => {
      let isClosed = false
      return {
        close() {
          if (isClosed) throw new StoreError('closed', '', 'closed')
          isClosed = true
          void store.close()
        },
      }
    },
  ],
  ['STORE-13', 'stays locked', () => ({ close() {} })],
  [
    'STORE-14',
    'reads on in what is written meanwhile',
    (store) => ({
      *entries() {
        const given = new Set<string>()
        for (;;) {
          const next = entriesOf(store).find(([key]) => !given.has(key))
          if (next === undefined) return
          given.add(next[0])
          yield next
        }
      },
    }),
  ],
  [
    'STORE-15',
    'gives away the values that it keeps',
    (store) => {
      const own = new Map<string, JsonValue>(entriesOf(store))
      return {
        entries: () => [...own],
        write(changes) {
          void store.write(changes)
          for (const { key, value } of changes) {
            if (value === null) own.delete(key)
            else own.set(key, value)
          }
        },
      }
    },
  ],
  [
    'STORE-17',
    'has no name for a disk without room',
    (store) => ({
      write(changes) {
        try {
          return store.write(changes)
        } catch (error) {
          if (error instanceof StoreError && error.code === 'full')
            throw new StoreError('failed', '', 'failed')
          throw error
        }
      },
    }),
  ],
]

describe('a breach of a clause of the store is found, where a store', () => {
  it.each(breaches)('%s: %s', async (clause, _, broken) => {
    expect(await brokenClauses(kitFor(broken))).toContain(clause)
  })

  it('STORE-2: forgets at its end', async () => {
    const forgetful = kitFor(good, (store) => {
      store.crash()
      return createMemoryStore()
    })
    expect(await brokenClauses(forgetful)).toContain('STORE-2')
  })

  it('STORE-12: opens while another is open', async () => {
    const shared = kitFor(good, (store) => {
      store.crash()
      return store.reopen()
    })
    expect(await brokenClauses(shared)).toContain('STORE-12')
  })

  it('STORE-16: never gives room back', async () => {
    const growing: Break = (store, place) => {
      let bytes = 0
      Object.assign(place, { sizeBytes: () => bytes })
      return {
        write(changes) {
          void store.write(changes)
          bytes += JSON.stringify(changes).length
        },
      }
    }
    expect(await brokenClauses(kitFor(growing))).toContain('STORE-16')
  })

  it.each([
    ['STORE-9', 'write', { write: () => new Promise<void>(() => {}) }],
    ['STORE-11', 'close', { close: () => new Promise<void>(() => {}) }],
  ] as const)(
    '%s: gives a promise at %s that never settles: the kit names it, and does not hang',
    async (clause, _, broken) => {
      const newPlace = () =>
        brokenPlace(
          () => broken,
          (store) => store.reopen(),
        )
      const [first] = storeContract({ newPlace, limitMs: 20 }).filter(({ clauses }) =>
        clauses.includes(clause),
      )
      await expect(first?.run()).rejects.toThrow(/not within 20 ms/)
    },
  )

  it('and every clause is among them; a store without a breach has none', async () => {
    const tried = new Set([...breaches.map(([clause]) => clause), 'STORE-12', 'STORE-16'])
    expect(storeClauses.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([])
    expect(await brokenClauses(kitFor(good))).toEqual([])
  })
})

describe('the store kit', () => {
  it('proves each of its clauses in a case, and names no other', () => {
    const proved = new Set(kitFor(good).flatMap(({ clauses }) => clauses))
    expect([...proved].sort()).toEqual(storeClauses.map(({ id }) => id).sort())
  })
})

function rounded(value: JsonValue | null): JsonValue | null {
  if (typeof value === 'number') return Number(value.toPrecision(7))
  if (Array.isArray(value)) return value.map((one) => rounded(one))
  return value
}
