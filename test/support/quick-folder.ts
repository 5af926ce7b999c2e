import { accessSync, constants, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A new folder in memory, where the system has such a place: for tests that write ten thousand times and look at what is
 * kept, not at how it reaches a disk. Elsewhere it is an ordinary one.
 */
export function quickFolder(): string {
  return mkdtempSync(join(memoryOrDisk(), 'realer-device-store-'))
}

function memoryOrDisk(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
