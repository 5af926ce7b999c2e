import { readChanges, type Store, StoreError } from '@realer-device/host'
import type { SetEntry } from './set-sum.ts'
import { readPath } from './store.ts'
import { openTable } from './table.ts'

/** One database with a store for each of many devices: for gateways. */
export interface SqliteStores {
  /**
   * The store of one device. What the devices write in one turn of the event loop becomes one transaction, so that they
   * share the wait for the disk; each promise resolves when that is done.
   *
   * @param device its name: 1 to 128 visible ASCII characters
   * @throws {StoreError} `in-use` where the device's store is open already, `closed`, or `failed` for a bad name
   */
  open(device: string): Store
  /** Writes what waits, and ends all of the stores. May be called twice. */
  close(): void
}

/** The changes of one write that waits for the turn's end. */
interface Waiting {
  readonly changes: readonly SetEntry[]
  readonly settle: (error: StoreError | null) => void
}

/**
 * Opens a database of stores, and makes it where it is missing.
 *
 * @param path where the database is; its folder must be there
 * @throws {StoreError} `in-use`, `damaged`, `denied`, `full` or `failed`, whose field is the path
 */
export function openSqliteStores(path: string): SqliteStores {
  const place = readPath(path)
  const table = openTable(place)
  const devices = new Set<string>()
  let waiting: Waiting[] = []
  let isClosed = false

  function writeAll(): void {
    const group = waiting
    waiting = []
    if (group.length === 0) return
    let failure: StoreError | null = null
    try {
      table.write(group.flatMap(({ changes }) => changes))
    } catch (error) {
      failure = error as StoreError
    }
    for (const { settle } of group) settle(failure)
  }

  function closedError(what: string): StoreError {
    return new StoreError('closed', what, `${what}: the store is closed.`)
  }

  function storeOf(device: string): Store {
    let isOver = false
    const mustBeOpen = () => {
      if (isOver || isClosed) throw closedError(device)
    }
    return {
      entries() {
        mustBeOpen()
        writeAll()
        return table.entries(device)
      },
      async write(changes) {
        mustBeOpen()
        const texts = readChanges(changes)
        if (waiting.length === 0) setImmediate(writeAll)
        await new Promise<void>((resolve, reject) => {
          waiting.push({
            changes: texts.map((text) => ({ device, ...text })),
            settle: (error) => (error === null ? resolve() : reject(error)),
          })
        })
      },
      close() {
        if (isOver || isClosed) return
        writeAll()
        isOver = true
        devices.delete(device)
      },
    }
  }

  return {
    open(device) {
      if (isClosed) throw closedError(place)
      if (typeof device !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(device))
        throw new StoreError('failed', 'device', "A device's name is 1 to 128 visible ASCII characters.")
      if (devices.has(device)) throw new StoreError('in-use', device, `${device}: its store is open already.`)
      devices.add(device)
      return storeOf(device)
    },
    close() {
      if (isClosed) return
      writeAll()
      isClosed = true
      table.close()
    },
  }
}
