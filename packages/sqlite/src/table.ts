import { type JsonValue, StoreError } from '@realer-device/host'
import { closeDatabase, type Database, openDatabase } from './database.ts'
import { damaged, storeFailure } from './failure.ts'
import { changed, emptySum, hashOf, type SetEntry, type SetSum } from './set-sum.ts'

const VERSION = 1
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, sum TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS entry (
    device TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (device, key)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO head VALUES (1, ${VERSION}, '${emptySum(VERSION)}')`

/** The entries of all devices of one database. */
export interface Table {
  /** A device's entries by key. Throws {@link StoreError}. */
  entries(device: string): (readonly [key: string, value: JsonValue])[]
  /** Makes all of these changes in one transaction, or none. Throws {@link StoreError}. */
  write(changes: readonly SetEntry[]): void
  /** Ends it whatever happens. Throws {@link StoreError}. */
  close(): void
}

/**
 * Opens a table. SQLite has no checksums of its own: a flipped bit of a value is a value to it, and one in a page's
 * address may hide entries or bring back old ones. So the head keeps the checksum of the whole set, each transaction
 * keeps it up to date, and opening adds it up again. Throws {@link StoreError}.
 */
export function openTable(path: string): Table {
  try {
    const database = openDatabase(path, SCHEMA)
    try {
      return tableOf(path, database, verified(path, database))
    } catch (error) {
      quietly(() => closeDatabase(database))
      // The statements are right, so where SQLite does not understand them, the schema is not as it was.
      throw Object(error).errcode === SQLITE_ERROR ? damaged(path, Object(error).message) : error
    }
  } catch (error) {
    throw storeFailure(path, error)
  }
}

const SQLITE_ERROR = 1

interface Row {
  readonly device: string
  readonly key: string
  readonly value: string
}

/** What a database holds, where its pages, its head and its entries fit together. */
function verified(path: string, database: Database): SetSum {
  const { integrity_check: faults } = database.prepare('PRAGMA integrity_check(1)').get()
  if (faults !== 'ok') throw damaged(path, String(faults))
  const { version, sum } = database.prepare('SELECT version, sum FROM head').get() ?? {}
  const rows = database.prepare('SELECT device, key, value FROM entry').all() as Row[]
  const entries = rows.map(({ value, ...names }) => ({ ...names, text: value }))
  const found = changed({ sum: emptySum(version), hashes: new Map() }, entries)
  if (String(found.sum) !== sum) throw damaged(path, 'the checksum of its entries is another')
  if (version !== VERSION)
    throw new StoreError(
      'failed',
      path,
      `${path}: the store has format ${version}, later than this program's.`,
    )
  return found
}

function tableOf(path: string, database: Database, opened: SetSum): Table {
  const select = database.prepare('SELECT key, value FROM entry WHERE device = ? ORDER BY key')
  const put = database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM entry WHERE device = ? AND key = ?')
  const putSum = database.prepare('UPDATE head SET sum = ?')
  let kept = opened

  function carryOut(changes: readonly SetEntry[], sum: bigint): void {
    database.exec('BEGIN')
    for (const { device, key, text } of changes) {
      if (text === null) remove.run(device, key)
      else put.run(device, key, text)
    }
    putSum.run(String(sum))
    database.exec('COMMIT')
  }

  return {
    entries(device) {
      try {
        const rows = select.all(device) as Omit<Row, 'device'>[]
        const known = kept.hashes.get(device)
        const isAsWritten = rows.every(({ key, value }) => known?.get(key) === hashOf(device, key, value))
        if (!isAsWritten || rows.length !== (known?.size ?? 0))
          throw damaged(path, 'it was changed while it was open')
        return rows.map(({ key, value }) => [key, JSON.parse(value) as JsonValue] as const)
      } catch (error) {
        throw storeFailure(path, error)
      }
    },
    write(changes) {
      const next = changed(kept, changes)
      try {
        carryOut(changes, next.sum)
      } catch (error) {
        // SQLite rolls back by itself after some failures, and not after others.
        if (database.isTransaction) quietly(() => database.exec('ROLLBACK'))
        throw storeFailure(path, error)
      }
      kept = next
    },
    close() {
      try {
        closeDatabase(database)
      } catch (error) {
        throw storeFailure(path, error)
      }
    },
  }
}

/** Tidies up after a fault: that one is told, and not what fails after it. */
function quietly(act: () => void): void {
  try {
    act()
  } catch {
    // SQLite undoes at the next opening what could not be undone now.
  }
}
