import type { JsonValue } from '@realer-device/core'
import { type Store, type StoreChange, StoreError } from '../src/index.ts'

/** A store in the hand of a test: it writes at once, or when it is told to, or not at all. */
export interface FakeStore extends Store {
  readonly table: Map<string, JsonValue>
  /** Every write that was kept. */
  readonly writes: (readonly StoreChange[])[]
  /** From now on every write fails like this. */
  failWith: Error | null
  /** From now on a write waits for `finish`. */
  waits: boolean
  /** Ends the write that waits: kept, or failed. */
  finish(error?: Error): Promise<void>
  closed: boolean
}

export function createFakeStore(table = new Map<string, JsonValue>()): FakeStore {
  let open: { finish(error?: Error): void } | null = null
  function apply(changes: readonly StoreChange[]): void {
    store.writes.push(JSON.parse(JSON.stringify(changes)))
    for (const { key, value } of changes)
      if (value === null) table.delete(key)
      else table.set(key, JSON.parse(JSON.stringify(value)))
  }
  const store: FakeStore = {
    table,
    writes: [],
    failWith: null,
    waits: false,
    closed: false,
    entries: () => table,
    write(changes) {
      if (store.closed) throw new StoreError('closed', '', 'The store is closed.')
      if (open !== null) throw new Error('a second write while the first one is under way')
      if (store.failWith !== null) throw store.failWith
      if (!store.waits) return apply(changes)
      return new Promise((resolve, reject) => {
        open = {
          finish(error) {
            open = null
            if (error !== undefined) return reject(error)
            apply(changes)
            resolve()
          },
        }
      })
    },
    close() {
      store.closed = true
    },
    async finish(error) {
      if (open === null) throw new Error('no write waits')
      open.finish(error)
      await Promise.resolve()
      await Promise.resolve()
    },
  }
  return store
}
