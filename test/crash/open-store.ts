import { openFileStore, type Store } from '@realer-device/node'
import type { LifeOrder } from './life.ts'

/** Opens the store of a life: a real one, or one that breaks its contract, for the judge to be tried on. */
export async function openStore({ kind, path }: LifeOrder['store']): Promise<Store> {
  const store = openFileStore(path)
  switch (kind) {
    case 'file':
      return store
    case 'late':
      return late(store)
    case 'forgetful':
      return forgetful(store)
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
