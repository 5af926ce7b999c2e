import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'

/** A connection to a database that nobody else can use meanwhile. */
export type Database = InstanceType<typeof DatabaseSync>

/** What is open stays open, though nobody may refer to it any more: collected, it would give its lock back. */
const openDatabases = new Set<Database>()

/**
 * Opens a database for this process alone, and makes it with the statements of `schema` where it is missing. Throws what
 * SQLite or the system says; where another connection has it, that is SQLITE_BUSY.
 */
export function openDatabase(path: string, schema: string): Database {
  accessSync(dirname(path), constants.R_OK | constants.W_OK)
  if (!existsSync(path)) make(path, schema)
  accessSync(path, constants.R_OK | constants.W_OK)
  // Whoever made it, or wrote last, may have died before that was on the disk: a journal that comes back undoes a commit.
  syncFolder(dirname(path))
  return connect(path)
}

/** Gives the lock back. SQLite keeps it where a statement was not collected yet, unless it is asked like this. */
export function closeDatabase(database: Database): void {
  try {
    // One that could not be taken back when it failed keeps the lock as well.
    if (database.isTransaction) database.exec('ROLLBACK')
    database.exec('PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema')
  } finally {
    openDatabases.delete(database)
    database.close()
  }
}

/** Under another name first, so that a file of no length is never a store that is new, but one that was cut. */
function make(path: string, schema: string): void {
  const unfinished = `${path}.new`
  // SQLite would make it readable for all.
  closeSync(openSync(unfinished, 'a', 0o600))
  const database = connect(unfinished)
  try {
    database.exec(`BEGIN; ${schema}; COMMIT`)
  } finally {
    closeDatabase(database)
  }
  // Whoever was quicker has made the same.
  if (existsSync(path)) rmSync(unfinished, { force: true })
  else renameSync(unfinished, path)
}

/** No wait for a lock, a rollback journal, and a sync of file and folder before a commit returns. */
function connect(path: string): Database {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = DELETE;
      PRAGMA synchronous = EXTRA;
      PRAGMA cell_size_check = ON;
      PRAGMA trusted_schema = OFF;
      BEGIN EXCLUSIVE;
      COMMIT`)
    openDatabases.add(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Makes what has changed among the names outlive a power cut. Windows has no such call. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
