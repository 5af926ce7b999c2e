import {
  type JsonValue,
  type Store,
  type StoreChange,
  StoreError,
  type StoreErrorCode,
} from '@realer-device/host'
import { ContractBreach } from '../contract.ts'
import { engineClock } from '../engine.ts'
import { createWatch, demand, type Watch } from '../watch.ts'
import type { StorePlace, StoreSetup, TightPlace } from './setup.ts'

/** Values by key, as a case expects them. */
export type Expected = { readonly [key: string]: JsonValue }

/** What a case of the store kit works with. Every failure names the clause that it breaks. */
export interface StoreBench {
  newPlace(): Promise<StorePlace>
  newTightPlace(): Promise<TightPlace>
  /** Opens a store that must open. */
  open(place: StorePlace, clause: string): Promise<Store>
  /** Tries to open a store that must be refused. */
  openRefused(place: StorePlace, code: StoreErrorCode, clause: string): Promise<void>
  /** Writes what must be taken. */
  write(store: Store, changes: readonly StoreChange[], clause: string): Promise<void>
  /** Writes what must be refused; with `code`, for that reason. */
  writeRefused(
    store: Store,
    changes: readonly StoreChange[],
    clause: string,
    code?: StoreErrorCode,
  ): Promise<void>
  /** Reads what must be refused. */
  readRefused(store: Store, code: StoreErrorCode, clause: string): Promise<void>
  /** The store holds these entries and no others. */
  holds(store: Store, expected: Expected, clause: string): Promise<void>
  close(store: Store, clause: string): Promise<void>
}

const DEFAULT_LIMIT_MS = 10_000

const codes: ReadonlySet<unknown> = new Set<StoreErrorCode>([
  'in-use',
  'damaged',
  'full',
  'denied',
  'closed',
  'failed',
])

/** Puts of all of these entries. */
export function puts(entries: Expected): StoreChange[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value }))
}

/** Runs one case on places of its own, and ends what it has left open. */
export async function onStoreBench(
  setup: StoreSetup,
  run: (bench: StoreBench) => Promise<void>,
): Promise<void> {
  const watch = createWatch(setup.clock ?? engineClock, setup.limitMs ?? DEFAULT_LIMIT_MS)
  const stores = new Set<Store>()
  const places: StorePlace[] = []

  async function keep<Place extends StorePlace>(place: Place | Promise<Place>): Promise<Place> {
    const made = await place
    places.push(made)
    return made
  }

  const bench: StoreBench = {
    newPlace: () => keep(setup.newPlace()),
    newTightPlace() {
      if (setup.newTightPlace === undefined) throw new TypeError('This setup has no tight places.')
      return keep(setup.newTightPlace())
    },
    async open(place, clause) {
      const store = await succeeds(watch, clause, 'opening', () => place.open())
      stores.add(store)
      return store
    },
    openRefused: (place, code, clause) =>
      refused(watch, clause, 'opening', code, async () => {
        stores.add(await place.open())
      }),
    async write(store, changes, clause) {
      await succeeds(watch, clause, 'a write', () => writeOnce(store, changes))
    },
    writeRefused: (store, changes, clause, code) =>
      refused(watch, clause, 'a write', code, () => writeOnce(store, changes)),
    readRefused: (store, code, clause) =>
      refused(watch, clause, 'reading', code, () => {
        for (const _ of store.entries());
      }),
    async holds(store, expected, clause) {
      const entries = await succeeds(watch, clause, 'reading', () => [...store.entries()])
      compare(entries, expected, clause)
    },
    async close(store, clause) {
      await succeeds(watch, clause, 'close', () => store.close())
    },
  }

  try {
    await run(bench)
  } finally {
    for (const store of stores) await closeQuietly(watch, store)
    for (const place of places) await place.remove?.()
  }
}

/** What a close of the kit's own does is no part of a case. */
async function closeQuietly(watch: Watch, store: Store): Promise<void> {
  try {
    await inTime(watch, 'STORE-11', 'close', () => store.close())
  } catch {}
}

/** Makes a call. A promise that it gives and never settles is a breach, and no test that hangs. */
async function inTime<Given>(
  watch: Watch,
  clause: string,
  what: string,
  act: () => Given | Promise<Given>,
): Promise<Given> {
  let isSettled = false
  const settling = (async () => act())().finally(() => {
    isSettled = true
    watch.changed()
  })
  settling.catch(() => {})
  await watch.until(() => isSettled, clause, `${what} comes to its end`)
  return settling
}

function writeOnce(store: Store, changes: readonly StoreChange[]): void | Promise<void> {
  const given: unknown = store.write(changes)
  const isPromise = typeof Object(given).then === 'function'
  demand(given === undefined || isPromise, 'STORE-9', `write gave ${typeof given}`)
  return given as void | Promise<void>
}

async function succeeds<Given>(
  watch: Watch,
  clause: string,
  what: string,
  act: () => Given | Promise<Given>,
): Promise<Given> {
  try {
    return await inTime(watch, clause, what, act)
  } catch (error) {
    if (error instanceof ContractBreach) throw error
    throw new ContractBreach(clause, `${what} failed: ${String(error)}`)
  }
}

async function refused(
  watch: Watch,
  clause: string,
  what: string,
  code: StoreErrorCode | undefined,
  act: () => unknown,
): Promise<void> {
  let error: unknown
  try {
    await inTime(watch, clause, what, act)
  } catch (thrown) {
    if (thrown instanceof ContractBreach) throw thrown
    error = thrown
  }
  demand(error !== undefined, clause, `${what} was not refused`)
  demand(isTyped(error), 'STORE-8', `${what} was refused with ${String(error)}, which is no StoreError`)
  demand(
    code === undefined || error.code === code,
    clause,
    `${what} was refused as ${error.code}, not as ${code}`,
  )
}

function isTyped(error: unknown): error is StoreError {
  return error instanceof StoreError && codes.has(error.code) && typeof error.field === 'string'
}

function compare(
  entries: readonly (readonly [key: string, value: JsonValue])[],
  expected: Expected,
  clause: string,
): void {
  const found = new Map(entries.map(([key, value]) => [key, JSON.stringify(value)]))
  demand(found.size === entries.length, 'STORE-14', 'an entry was given twice')
  const wanted = Object.entries(expected)
  for (const [key, value] of wanted) {
    const text = found.get(key)
    demand(text !== undefined, clause, `${key} is not there`)
    demand(text === JSON.stringify(value), clause, `${key} is ${text.slice(0, 80)}, not what was written`)
  }
  const keys = new Set(wanted.map(([key]) => key))
  const others = [...found.keys()].filter((key) => !keys.has(key))
  demand(others.length === 0, clause, `there are entries that should not be: ${others.slice(0, 5).join(' ')}`)
}
