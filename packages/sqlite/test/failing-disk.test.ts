import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { openSqliteStore } from '@realer-device/sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { quickFolder } from '../../../test/support/quick-folder.ts'

/** The statements that fail, as they do where the disk is gone. */
const failing = vi.hoisted(() => ({ statements: null as RegExp | null }))

vi.mock('@photostructure/sqlite', async (original) => {
  const sqlite = await original<typeof import('@photostructure/sqlite')>()
  class FailingDatabase extends sqlite.DatabaseSync {
    override exec(sql: string): void {
      if (failing.statements?.test(sql)) throw Object.assign(new Error('disk I/O error'), { errcode: 10 })
      super.exec(sql)
    }
  }
  return { ...sqlite, DatabaseSync: FailingDatabase }
})

let folder: string
let path: string

beforeEach(() => {
  folder = quickFolder()
  path = join(folder, 'devices.db')
})

afterEach(() => {
  failing.statements = null
  rmSync(folder, { recursive: true, force: true })
})

const refusal = (code: string) => expect.objectContaining({ name: 'StoreError', code, field: path })

describe('a disk that fails altogether', () => {
  it('is told as a StoreError by write, also where the write cannot be taken back', () => {
    const store = openSqliteStore(path)
    failing.statements = /COMMIT|ROLLBACK/
    expect(() => store.write([{ key: 'a', value: 1 }])).toThrow(refusal('failed'))
    failing.statements = null
    void store.close()
    const again = openSqliteStore(path)
    expect([...again.entries()]).toEqual([])
    void again.close()
  })

  it('is told as a StoreError by close, which is closed all the same', () => {
    const store = openSqliteStore(path)
    failing.statements = /NORMAL/
    expect(() => store.close()).toThrow(refusal('failed'))
    void store.close()
    expect(() => store.entries()).toThrow(refusal('closed'))
  })

  it('at opening, hides no fault that was found before it', () => {
    void openSqliteStore(path).close()
    const database = new DatabaseSync(path)
    database.exec('DROP TABLE entry')
    database.close()
    failing.statements = /NORMAL/
    expect(() => openSqliteStore(path)).toThrow(refusal('damaged'))
  })
})
