import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type StorePlace, type StoreSetup, storeCasesLeftOut, storeContract } from '@realer-device/contract'
import { openFileStore } from '@realer-device/node'
import { describe, expect, it } from 'vitest'
import { quickFolder } from '../../../test/support/quick-folder.ts'

/** A folder of its own for a file. */
function newPlace(): StorePlace {
  const folder = quickFolder()
  const path = join(folder, 'device.store')
  return {
    open: () => openFileStore(path),
    sizeBytes: () => statSync(path).size,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const setup: StoreSetup = { newPlace, tellsSize: true }

describe('the plain-file store keeps its contract', () => {
  for (const { name, run } of storeContract(setup)) it(name, run, 300_000)

  it('and of the cases only those without room are left out, which the fault tests run', () => {
    expect(storeCasesLeftOut(setup).map(({ clauses }) => clauses)).toEqual([
      ['STORE-7', 'STORE-8', 'STORE-17'],
    ])
  })
})
