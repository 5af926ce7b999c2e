import { resolve } from 'node:path'
import { readChanges, type Store, StoreError } from '@realer-device/host'
import { openTable } from './table.ts'

/**
 * Opens a store in an SQLite database of its own, and makes it where it is missing. Each write is one transaction, and is
 * on the disk when `write` returns. For many devices in one process take `openSqliteStores`.
 *
 * @param path where the database is; its folder must be there
 * @throws {StoreError} `in-use`, `damaged`, `denied`, `full` or `failed`, whose field is the path
 */
export function openSqliteStore(path: string): Store {
  const place = readPath(path)
  const table = openTable(place)
  let isClosed = false

  function mustBeOpen(): void {
    if (isClosed) throw new StoreError('closed', place, `${place}: the store is closed.`)
  }

  return {
    entries() {
      mustBeOpen()
      return table.entries('')
    },
    write(changes) {
      mustBeOpen()
      table.write(readChanges(changes).map((change) => ({ device: '', ...change })))
    },
    close() {
      if (isClosed) return
      isClosed = true
      table.close()
    },
  }
}

/** The absolute path of a database. */
export function readPath(path: unknown): string {
  if (typeof path !== 'string' || path === '')
    throw new StoreError('failed', 'path', 'The path of a store is a text that is not empty.')
  return resolve(path)
}
