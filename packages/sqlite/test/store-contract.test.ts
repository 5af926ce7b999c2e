import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type StorePlace, type StoreSetup, storeCasesLeftOut, storeContract } from '@realer-device/contract'
import { openSqliteStore, openSqliteStores, type Store } from '@realer-device/sqlite'
import { describe, expect, it } from 'vitest'
import { quickFolder } from '../../../test/support/quick-folder.ts'

/** A folder of its own for a database. */
function place(open: (path: string) => Store): StorePlace {
  const folder = quickFolder()
  const path = join(folder, 'device.db')
  return {
    open: () => open(path),
    sizeBytes: () => statSync(path).size,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** One device of a database that closes with it. */
function openOneOfMany(path: string): Store {
  const stores = openSqliteStores(path)
  const store = stores.open('device-7')
  return {
    entries: () => store.entries(),
    write: (changes) => store.write(changes),
    close() {
      void store.close()
      stores.close()
    },
  }
}

describe.each([
  ['of one device', openSqliteStore],
  ['of one of many devices', openOneOfMany],
])('the SQLite store %s keeps its contract', (_, open) => {
  const setup: StoreSetup = { newPlace: () => place(open), tellsSize: true }
  for (const { name, run } of storeContract(setup)) it(name, run, 300_000)

  it('and of the cases only those without room are left out, which the fault tests run', () => {
    expect(storeCasesLeftOut(setup).map(({ clauses }) => clauses)).toEqual([
      ['STORE-7', 'STORE-8', 'STORE-17'],
    ])
  })
})
