import { isJson } from './json-copy.ts'
import { type StoreChange, StoreError } from './store.ts'

/** A change that a store can keep: its key is well-formed, and its value is JSON text. */
export interface StoreText {
  readonly key: string
  /** The JSON text of the value; null where the entry is taken away. */
  readonly text: string | null
}

/**
 * The door of every store: checks the changes of one write, and turns their values to text, so that their owner may
 * change them later. Throws {@link StoreError} `failed`, whose field is the key, for a key that is none and for a value
 * that JSON cannot carry unchanged; then a store has written nothing yet.
 */
export function readChanges(changes: readonly StoreChange[]): readonly StoreText[] {
  return changes.map(({ key, value }) => {
    if (typeof key !== 'string' || !/^[a-z0-9/]{1,64}$/.test(key))
      throw new StoreError('failed', String(key), 'A key has 1 to 64 characters of a-z, 0-9 and /.')
    return { key, text: value === null ? null : textOf(key, value) }
  })
}

function textOf(key: string, value: unknown): string {
  try {
    if (isJson(value)) return JSON.stringify(value)
  } catch {
    // Cyclic, too deep, or with a getter that throws.
  }
  throw new StoreError('failed', key, 'A value is plain JSON.')
}
