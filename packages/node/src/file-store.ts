import { createHash } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type JsonValue, readChanges, type Store, StoreError } from '@realer-device/host'
import { lockPlace } from './file-lock.ts'
import { storeFailure } from './store-failure.ts'

const FORMAT = 'realer-device/store'
const VERSION = 1

/**
 * Opens a store that is one plain file, and makes it at the first write where it is missing. Every write writes the whole
 * file anew, beside the old one, and then puts it in its place: for devices with a few hundred entries. Beside it stay
 * `<path>.lock`, and `<path>.tmp` for the time of a write.
 *
 * @param path where the file is; its folder must be there
 * @throws {StoreError} `in-use`, `damaged`, `denied` or `failed`, whose field is the path
 */
export function openFileStore(path: string): Store {
  if (typeof path !== 'string' || path === '')
    throw new StoreError('failed', 'path', 'The path of a store is a text that is not empty.')
  const place = placeOf(path)
  const unlock = lockPlace(place)
  try {
    return fileStore(place, unlock)
  } catch (error) {
    unlock()
    throw storeFailure(place, error)
  }
}

function fileStore(path: string, unlock: () => void): Store {
  const folder = dirname(path)
  const temporary = `${path}.tmp`
  accessSync(folder, constants.R_OK | constants.W_OK)
  // What a write left that did not come to its end: the file itself is as it was before.
  rmSync(temporary, { force: true })
  let texts: ReadonlyMap<string, string> = readStoreFile(path)
  // Whoever wrote it may have died before the new name was on the disk; what goes on from it must not be undone.
  syncFolder(folder)
  let over: StoreError | null = null

  /** Takes effect in one moment, at `rename`: whoever opens the file finds the old one, or all of the new one. */
  function replaceFile(bytes: Uint8Array): void {
    try {
      rmSync(temporary, { force: true })
      const file = openSync(temporary, 'wx', 0o600)
      try {
        writeFileSync(file, bytes)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(temporary, path)
    } catch (error) {
      discard(temporary)
      throw storeFailure(path, error)
    }
    try {
      syncFolder(folder)
    } catch (error) {
      // The new file may be there after a power cut, or the old one. Nothing can be promised any more.
      over = storeFailure(path, error)
      throw over
    }
  }

  return {
    entries() {
      if (over !== null) throw over
      return [...texts].map(([key, text]) => [key, JSON.parse(text) as JsonValue] as const)
    },
    write(changes) {
      if (over !== null) throw over
      const next = new Map(texts)
      for (const { key, text } of readChanges(changes)) {
        if (text === null) next.delete(key)
        else next.set(key, text)
      }
      replaceFile(storeBytes(next))
      texts = next
    },
    close() {
      if (over?.code === 'closed') return
      over = new StoreError('closed', path, `${path}: the store is closed.`)
      unlock()
    },
  }
}

/** The file itself where the path is a link to it, for a link would be replaced by the next write. */
function placeOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** A first line with format, version and the SHA-256 of all that follows; then one line an entry. */
function storeBytes(texts: ReadonlyMap<string, string>): Uint8Array {
  const content = [...texts].map(([key, text]) => `[${JSON.stringify(key)},${text}]\n`).join('')
  return Buffer.from(`${FORMAT} ${VERSION} ${digest(VERSION, Buffer.from(content))}\n${content}`)
}

function digest(version: number, content: Uint8Array): string {
  return createHash('sha256').update(`${FORMAT} ${version}\n`).update(content).digest('hex')
}

/** The entries' texts of a file; none where there is no file. */
function readStoreFile(path: string): Map<string, string> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return new Map()
  if (!found.isFile()) throw new StoreError('failed', path, `${path}: this is not a file.`)
  const bytes = readFileSync(path)
  const end = bytes.indexOf('\n') + 1
  const [, version = '', sum] =
    /^realer-device\/store ([1-9]\d{0,8}) ([0-9a-f]{64})\n$/.exec(bytes.toString('latin1', 0, end)) ?? []
  const content = bytes.subarray(end)
  if (sum === undefined || sum !== digest(Number(version), content))
    throw new StoreError('damaged', path, `${path}: the store was changed by something else, or cut short.`)
  if (Number(version) !== VERSION)
    throw new StoreError(
      'failed',
      path,
      `${path}: the store has format ${version}, which is later than this program.`,
    )
  return new Map(
    content
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [key, value] = JSON.parse(line) as [string, JsonValue]
        return [key, JSON.stringify(value)]
      }),
  )
}

function discard(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // The next opening removes it.
  }
}

/** Makes the new name itself outlive a power cut. Windows has no such call, and journals names by itself. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
