import type { JsonValue } from '@realer-device/core'

/** One entry of a store to put, or to take away where `value` is null. */
export interface StoreChange {
  /** 1 to 64 characters of `a-z`, `0-9`, `/`. */
  readonly key: string
  /** Plain JSON without secrets (CRED-3). An entry's value is never null itself. */
  readonly value: JsonValue | null
}

/**
 * Keeps what must outlive the process (PUB-9, DES-9, CORE-6): a small table of JSON entries, changed by whole steps. A
 * store is open from the time it is made until `close`; nobody else can open the same one meanwhile.
 */
export interface Store {
  /** Every entry, as the last write left it. Throws {@link StoreError} `damaged` or `failed`. */
  entries(): Iterable<readonly [key: string, value: JsonValue]>
  /**
   * Writes all of the changes or none of them, whatever happens to the process or the power. When it returns, or when
   * the promise it gave resolves, they are kept. Throws or rejects with {@link StoreError}; then none of them is. A promise
   * that is not settled within 10 s counts as failed, and the device stops.
   * Never called again before a promise is settled.
   */
  write(changes: readonly StoreChange[]): void | Promise<void>
  /** Ends it, and lets others open it. May be called twice. */
  close(): void | Promise<void>
}

/**
 * What is wrong with a store.
 *
 * - `in-use`: another process, or another store of this one, has it open.
 * - `damaged`: what is there was changed by something else than a store, or cut short. Nothing of it is used.
 * - `full`: no room for a write.
 * - `denied`: the rights to read or write are missing, or the place is read-only.
 * - `closed`: it was closed.
 * - `failed`: anything else; the message has what the system said.
 */
export type StoreErrorCode = 'in-use' | 'damaged' | 'full' | 'denied' | 'closed' | 'failed'

/** A store cannot be opened, read or written. What was kept before is as it was. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  /** Where: a path, or a key; empty where there is neither. */
  readonly field: string

  constructor(code: StoreErrorCode, field: string, message: string) {
    super(message)
    this.code = code
    this.field = field
  }
}
