import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { openSqliteStore, openSqliteStores, StoreError } from '@realer-device/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quickFolder } from '../../../test/support/quick-folder.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = quickFolder()
  path = join(folder, 'devices.db')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const refusal = (code: string, field?: string) =>
  expect.objectContaining({ name: 'StoreError', code, ...(field !== undefined && { field }) })

/** Changes a closed database as no store does. */
function tamper(sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

describe('one database for many devices', () => {
  it('PUB-9: keeps what a thousand devices write in one turn, each its own', async () => {
    const stores = openSqliteStores(path)
    const names = Array.from({ length: 1000 }, (_, n) => `device-${n}`)
    const opened = names.map((name) => stores.open(name))
    await Promise.all(opened.map((store, n) => store.write([{ key: 'head', value: n }])))
    stores.close()
    const again = openSqliteStores(path)
    for (const [n, name] of names.entries()) expect([...again.open(name).entries()]).toEqual([['head', n]])
    expect([...again.open('stranger').entries()]).toEqual([])
    again.close()
  })

  it('a write that is refused at the door fails alone; the others of its turn are kept', async () => {
    const stores = openSqliteStores(path)
    const [good, bad] = [stores.open('good'), stores.open('bad')]
    const written = good.write([{ key: 'head', value: 1 }])
    await expect(bad.write([{ key: 'HEAD', value: 1 }])).rejects.toEqual(refusal('failed', 'HEAD'))
    await written
    expect([[...good.entries()], [...bad.entries()]]).toEqual([[['head', 1]], []])
    stores.close()
  })

  it('is closed with a write that waits: that is kept, and its promise resolves', async () => {
    const stores = openSqliteStores(path)
    const written = stores.open('a').write([{ key: 'head', value: 1 }])
    stores.close()
    stores.close()
    await written
    const again = openSqliteStores(path)
    expect([...again.open('a').entries()]).toEqual([['head', 1]])
    again.close()
    expect(() => again.open('b')).toThrow(refusal('closed'))
  })

  it('opens a device once at a time, by a name that is one', () => {
    const stores = openSqliteStores(path)
    const first = stores.open('a')
    expect(() => stores.open('a')).toThrow(refusal('in-use', 'a'))
    expect(() => openSqliteStores(path)).toThrow(refusal('in-use', path))
    void first.close()
    stores.open('a')
    for (const name of ['', 'a b', 'ä', 'x'.repeat(129), 7 as unknown as string])
      expect(() => stores.open(name)).toThrow(refusal('failed', 'device'))
    stores.close()
  })
})

describe('the checksum of the set finds what no page of SQLite shows', () => {
  const cases: readonly [what: string, sql: string][] = [
    ['an entry that is lost', "DELETE FROM entry WHERE key = 'b'"],
    ['an entry that came from elsewhere', `INSERT INTO entry VALUES ('', 'c', '1')`],
    ['a value that is another', `UPDATE entry SET value = '3' WHERE key = 'b'`],
    ['an old value that is back', `UPDATE entry SET value = '0' WHERE key = 'a'`],
    ['two values that have changed places', `UPDATE entry SET value = 3 - value`],
    ['an entry that went to another device', `UPDATE entry SET device = 'x' WHERE key = 'a'`],
    ['a head that is lost', 'DELETE FROM head'],
    ['a checksum that is another', `UPDATE head SET sum = '1'`],
    ['a version that is another', 'UPDATE head SET version = 2'],
    ['a table that is lost', 'DROP TABLE entry'],
  ]

  it.each(cases)('PUB-9 DES-9: %s', (_, sql) => {
    const store = openSqliteStore(path)
    void store.write([{ key: 'a', value: 0 }])
    void store.write([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ])
    void store.close()
    tamper(sql)
    expect(() => openSqliteStore(path)).toThrow(refusal('damaged', path))
  })

  it('and has no complaint where nothing was changed', () => {
    void openSqliteStore(path).close()
    tamper('VACUUM')
    void openSqliteStore(path).close()
  })
})

describe('a database', () => {
  it('CRED-3: is for its owner alone', () => {
    void openSqliteStore(path).close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('that is something else, or nowhere, is refused by name', () => {
    expect(() => openSqliteStore('')).toThrow(refusal('failed', 'path'))
    expect(() => openSqliteStore(join(folder, 'nowhere', 'devices.db'))).toThrow(refusal('failed'))
    expect(() => openSqliteStore(folder)).toThrow(StoreError)
  })
})
