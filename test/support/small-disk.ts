import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of 1 MiB of its own. */
export interface SmallDisk {
  readonly path: string
  /** Leaves no byte of it free. */
  fill(): void
  makeRoom(): void
  remove(): void
}

/** Mounts one; null where this process may not. */
export function mountSmallDisk(): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), 'realer-device-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    rmdirSync(path)
    return null
  }
  const filler = join(path, 'filler')
  return {
    path,
    fill() {
      for (const bytes of [65_536, 4_096])
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
        } catch (error) {
          if (Object(error).code !== 'ENOSPC') throw error
        }
    },
    makeRoom: () => rmSync(filler, { force: true }),
    remove() {
      // Lazily: SQLite's binding closes the file of a closed database only when its statements are collected.
      execFileSync('umount', ['-l', path])
      rmdirSync(path)
    },
  }
}
