import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileStore } from '@realer-device/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const disk = vi.hoisted(() => ({ fails: false }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    fsyncSync(file: number) {
      if (disk.fails) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })
      fs.fsyncSync(file)
    },
  }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realer-device-store-'))
})
afterEach(() => {
  disk.fails = false
  rmSync(folder, { recursive: true, force: true })
})

describe('a file whose last writer died before its folder was synced', () => {
  it('PUB-9: is read only when the folder is on the disk, so that a power cut brings no older state back', () => {
    const path = join(folder, 'device.store')
    const store = openFileStore(path)
    void store.write([{ key: 'head', value: 1 }])
    void store.close()
    disk.fails = true
    expect(() => openFileStore(path)).toThrow(
      expect.objectContaining({ name: 'StoreError', code: 'failed', field: path }),
    )
    disk.fails = false
    const next = openFileStore(path)
    expect([...next.entries()]).toEqual([['head', 1]])
    void next.close()
  })
})
