import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileStore } from '@realer-device/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realer-device-store-'))
  path = join(folder, 'device.store')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function written(entries: readonly (readonly [string, string])[]): Buffer {
  const store = openFileStore(path)
  void store.write(entries.map(([key, value]) => ({ key, value })))
  void store.close()
  return readFileSync(path)
}

describe('a plain file as a store', () => {
  it('PUB-9 DES-9: gives back what was written, and takes away what was taken away', () => {
    written([
      ['head', 'grüße'],
      ['report/1', 'a'],
      ['report/2', 'b'],
    ])
    const again = openFileStore(path)
    expect([...again.entries()]).toEqual([
      ['head', 'grüße'],
      ['report/1', 'a'],
      ['report/2', 'b'],
    ])
    void again.write([
      { key: 'report/1', value: null },
      { key: 'head', value: { n: -0 } },
    ])
    void again.close()
    const third = openFileStore(path)
    expect([...third.entries()]).toEqual([
      ['head', { n: 0 }],
      ['report/2', 'b'],
    ])
    void third.close()
  })

  it('CRED-3: is for its owner alone', () => {
    written([['head', 'x']])
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['device.store', 'device.store.lock'])
  })

  it('PUB-9: a write that was cut short by a power cut leaves the state before it', () => {
    const before = written([['head', 'x']])
    writeFileSync(`${path}.tmp`, before.subarray(0, 40))
    const store = openFileStore(path)
    expect([...store.entries()]).toEqual([['head', 'x']])
    expect(readdirSync(folder)).not.toContain('device.store.tmp')
    void store.close()
  })

  it('PUB-9: is damaged by every flipped bit and every cut, and says so', () => {
    const bytes = written([
      ['head', 'x'],
      ['report/1', 'grüße'],
    ])
    const faults: (() => Buffer)[] = []
    for (let at = 0; at < bytes.length; at++) {
      faults.push(() => bytes.subarray(0, at))
      for (let bit = 0; bit < 8; bit++)
        faults.push(() => {
          const flipped = Buffer.from(bytes)
          flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
          return flipped
        })
    }
    // The lock is not what is looked at here, and a lock each would take a minute.
    for (const fault of faults.filter((_, index) => index % 37 === 0)) {
      writeFileSync(path, fault())
      expect(() => openFileStore(path)).toThrow(expect.objectContaining({ code: 'damaged', field: path }))
    }
    writeFileSync(path, bytes)
    void openFileStore(path).close()
  })

  it('refuses a second store on the same file, until the first is closed', () => {
    const first = openFileStore(path)
    expect(() => openFileStore(path)).toThrow(expect.objectContaining({ code: 'in-use', field: path }))
    void first.close()
    void openFileStore(path).close()
  })
})
