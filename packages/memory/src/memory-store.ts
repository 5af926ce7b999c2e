import { type JsonValue, readChanges, type Store, StoreError, type StoreErrorCode } from '@realer-device/host'

/** How a memory store writes. */
export interface MemoryStoreOptions {
  /** `true`: each write waits until `settle` is called. Default: `false`, and it is done when it returns. */
  readonly async?: boolean
}

/** A store that lives as long as the process: for tests, and for devices that may forget. */
export interface MemoryStore extends Store {
  /** Every write from now on fails with this, and changes nothing; `null`: writes succeed again. */
  fail(code: StoreErrorCode | null): void
  /** Carries out the write that waits, or lets it fail as `fail` has said. False where none waits. */
  settle(): boolean
  /** Ends the store as the death of its process would: a write that waits is not carried out, nor ever settled. */
  crash(): void
  /**
   * The next store at the same place, as another process would open it. Throws {@link StoreError} `in-use` while one is
   * open.
   */
  reopen(): MemoryStore
}

/** What the stores of one place have in common. */
interface MemoryPlace {
  texts: ReadonlyMap<string, string>
  isOpen: boolean
}

/**
 * Makes a store in memory.
 *
 * @param entries what it holds at first, such as the entries of another store
 * @throws {StoreError} `failed` for an entry that no store would take
 */
export function createMemoryStore(
  entries: Iterable<readonly [key: string, value: JsonValue]> = [],
  { async: isAsync = false }: MemoryStoreOptions = {},
): MemoryStore {
  const changes = readChanges([...entries].map(([key, value]) => ({ key, value })))
  const texts = new Map(changes.flatMap(({ key, text }) => (text === null ? [] : [[key, text] as const])))
  return openMemoryStore({ texts, isOpen: false }, isAsync)
}

function openMemoryStore(place: MemoryPlace, isAsync: boolean): MemoryStore {
  if (place.isOpen) throw new StoreError('in-use', '', 'Another store has this place open.')
  place.isOpen = true
  let isOver = false
  let failure: StoreErrorCode | null = null
  let waiting: (() => void) | null = null

  function mustBeOpen(): void {
    if (isOver) throw new StoreError('closed', '', 'The store is closed.')
  }

  function commit(next: ReadonlyMap<string, string>): void {
    if (failure !== null) throw new StoreError(failure, '', `The store was told to fail: ${failure}.`)
    place.texts = next
  }

  function end(): void {
    if (!isOver) place.isOpen = false
    isOver = true
    waiting = null
  }

  function settle(): boolean {
    const settled = waiting
    waiting = null
    settled?.()
    return settled !== null
  }

  return {
    entries() {
      mustBeOpen()
      return [...place.texts].map(([key, text]) => [key, JSON.parse(text) as JsonValue] as const)
    },
    write(changes) {
      mustBeOpen()
      const next = new Map(place.texts)
      for (const { key, text } of readChanges(changes)) {
        if (text === null) next.delete(key)
        else next.set(key, text)
      }
      if (!isAsync) return commit(next)
      return new Promise((resolve, reject) => {
        waiting = () => {
          try {
            resolve(commit(next))
          } catch (error) {
            reject(error)
          }
        }
      })
    },
    close() {
      settle()
      end()
    },
    fail(code) {
      failure = code
    },
    settle,
    crash: end,
    reopen: () => openMemoryStore(place, isAsync),
  }
}
