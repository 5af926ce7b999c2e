import { StoreError, type StoreErrorCode } from '@realer-device/host'

/** SQLite's primary result codes (sqlite.org/rescode.html) that mean something to a store's owner. */
const resultCodes: { readonly [code: number]: StoreErrorCode } = {
  3: 'denied', // SQLITE_PERM
  5: 'in-use', // SQLITE_BUSY
  8: 'denied', // SQLITE_READONLY
  11: 'damaged', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  26: 'damaged', // SQLITE_NOTADB
}

/** The system's own, from looking at the folder. */
const systemCodes: { readonly [code: string]: StoreErrorCode } = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
}

/** An error of SQLite or of the system as a store tells it. */
export function storeFailure(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const { code = '', errcode = 0, message = String(error) } = Object(error) as SystemOrSqliteError
  // The lower byte of an extended code is the primary one.
  const known = resultCodes[errcode & 0xff] ?? systemCodes[code] ?? 'failed'
  return new StoreError(known, path, `${path}: ${message}`)
}

interface SystemOrSqliteError {
  readonly code?: string
  readonly errcode?: number
  readonly message?: string
}

/** What is there was not written by a store, or not all of it is there. */
export function damaged(path: string, how: string): StoreError {
  return new StoreError(
    'damaged',
    path,
    `${path}: the store was changed by something else, or cut short: ${how}.`,
  )
}
