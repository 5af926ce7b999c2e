import { openFileStore, type Store } from '@realer-device/node'
import { openSqliteStore } from '@realer-device/sqlite'
import type { LifeOrder } from './life.ts'

/** Opens the store of a life: a real one, or one that breaks its contract, for the judge to be tried on. */
export function openStore({ kind, path }: LifeOrder['store']): Store {
  switch (kind) {
    case 'file':
      return openFileStore(path)
    case 'sqlite':
      return openSqliteStore(path)
    case 'late':
      return late(openFileStore(path))
    case 'forgetful':
      return forgetful(openFileStore(path))
  }
}

/** Says that it has written, and writes a moment later. */
function late(store: Store): Store {
  const entries = () => store.entries()
  const write: Store['write'] = (changes) => void setImmediate(() => store.write(changes))
  return { entries, write, close: () => {} }
}

/** Keeps the reports, and nothing of the commands. */
function forgetful(store: Store): Store {
  const entries = () => store.entries()
  const write: Store['write'] = (changes) =>
    store.write(changes.filter(({ key }) => !key.startsWith('route/')))
  return { entries, write, close: () => store.close() }
}
