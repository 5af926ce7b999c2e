import { type StorePlace, type StoreSetup, storeCasesLeftOut, storeContract } from '@realer-device/contract'
import type { Store } from '@realer-device/host'
import { createMemoryStore, type MemoryStore } from '@realer-device/memory'
import { describe, expect, it } from 'vitest'

/** A place in memory. It counts the bytes of its entries, and can be told to have no room. */
function memoryPlace(isAsync: boolean): StorePlace & { fill(): void; makeRoom(): void } {
  let store: MemoryStore | null = null
  return {
    open() {
      store = store === null ? createMemoryStore([], { async: isAsync }) : store.reopen()
      return isAsync ? settledAtOnce(store) : store
    },
    sizeBytes: () => JSON.stringify([...(store?.entries() ?? [])]).length,
    fill: () => store?.fail('full'),
    makeRoom: () => store?.fail(null),
  }
}

/** The kit waits for each write; its place settles it on a later turn. */
function settledAtOnce(store: MemoryStore): Store {
  return {
    entries: () => store.entries(),
    write(changes) {
      queueMicrotask(() => store.settle())
      return store.write(changes)
    },
    close: () => store.close(),
  }
}

describe.each([
  ['writes at once', false],
  ['writes when it is told to', true],
])('a store in memory that %s keeps its contract', (_, isAsync) => {
  const setup: StoreSetup = {
    newPlace: () => memoryPlace(isAsync),
    newTightPlace: () => memoryPlace(isAsync),
    tellsSize: true,
  }
  for (const { name, run } of storeContract(setup)) it(name, run)

  it('and no case is left out', () => expect(storeCasesLeftOut(setup)).toEqual([]))
})

describe('a store in memory for tests', () => {
  it('begins with the entries that it is given, and refuses those that no store would take', () => {
    expect([...createMemoryStore([['head', { a: 1 }]]).entries()]).toEqual([['head', { a: 1 }]])
    expect(() => createMemoryStore([['HEAD', 1]])).toThrow(
      expect.objectContaining({ name: 'StoreError', code: 'failed', field: 'HEAD' }),
    )
  })

  it('keeps a write back until it is settled, and fails it then where it was told to', async () => {
    const store = createMemoryStore([], { async: true })
    expect(store.settle()).toBe(false)
    const first = store.write([{ key: 'a', value: 1 }])
    expect([...store.entries()]).toEqual([])
    expect(store.settle()).toBe(true)
    await first
    const second = store.write([{ key: 'a', value: 2 }])
    store.fail('denied')
    expect(store.settle()).toBe(true)
    await expect(second).rejects.toMatchObject({ code: 'denied' })
    expect([...store.entries()]).toEqual([['a', 1]])
  })

  it('loses a write that waits when it crashes, and what was kept is there for the next one', () => {
    const store = createMemoryStore([['a', 1]], { async: true })
    void store.write([{ key: 'a', value: 2 }])
    expect(() => store.reopen()).toThrow(expect.objectContaining({ code: 'in-use' }))
    store.crash()
    expect(store.settle()).toBe(false)
    expect([...store.reopen().entries()]).toEqual([['a', 1]])
  })
})
