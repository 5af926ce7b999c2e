import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { StoreError } from '@realer-device/host'
import { storeFailure } from './store-failure.ts'

/** `open` that also locks, or fails at once: O_EXLOCK of macOS and BSD, and what libuv makes of it on Windows. */
const LOCKING_OPEN: { readonly [platform: string]: number } = {
  darwin: 0x20 | constants.O_NONBLOCK,
  freebsd: 0x20 | constants.O_NONBLOCK,
  openbsd: 0x20 | constants.O_NONBLOCK,
  win32: 0x10000000,
}

/**
 * Locks a place for this process alone, by a file `<path>.lock`, which is made where it is missing. The kernel holds the
 * lock, so that it ends with the process, however that dies; the file stays, for removing it would let two in. Gives the
 * function that unlocks. Throws {@link StoreError}: `in-use` where another process, or this one, has it.
 */
export function lockPlace(path: string): () => void {
  const { O_RDWR, O_CREAT } = constants
  let file: number
  try {
    file = openSync(`${path}.lock`, O_RDWR | O_CREAT | (LOCKING_OPEN[process.platform] ?? 0), 0o600)
  } catch (error) {
    if (['EAGAIN', 'EWOULDBLOCK', 'EBUSY'].includes(Object(error).code)) throw inUse(path)
    throw storeFailure(path, error)
  }
  const unlock = () => closeSync(file)
  if (process.platform in LOCKING_OPEN) return unlock
  try {
    if (lockByCommand(path, file)) return unlock
    const release = lockByName(path)
    return () => {
      release()
      unlock()
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/**
 * flock(2), which Node has no call for, by flock(1) of util-linux and BusyBox. The lock belongs to the open file that we
 * share with the command, so that it stays when the command is done. False where there is no such command.
 */
function lockByCommand(path: string, file: number): boolean {
  const { error, status, stderr } = spawnSync('flock', ['-x', '-n', '3'], {
    // The same command for every user, for two that lock in different ways do not see each other.
    env: { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin`, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe', file],
    encoding: 'utf8',
  })
  if (Object(error).code === 'ENOENT') return false
  if (error !== undefined) throw storeFailure(path, error)
  if (status === 1 && stderr === '') throw inUse(path)
  if (status !== 0)
    throw new StoreError('failed', path, `${path}: flock: ${stderr.trim() || `status ${status}`}`)
  return true
}

/**
 * A socket that listens on an abstract name (unix(7)) made from the file: nobody else can while it does, within one
 * network namespace. Other platforms than Linux have no such names, and refuse.
 */
export function lockByName(path: string): () => void {
  const { dev, ino } = statSync(`${path}.lock`)
  const name = createHash('sha256').update(`realer-device/store ${dev} ${ino}`).digest('hex')
  const socket = createServer((stranger) => stranger.destroy())
  // What is wrong is told on a later turn; that it does not listen is seen at once.
  socket.on('error', () => {})
  // Filled up to the bound of such names: some versions of Node would do so, others not, and two names lock nothing.
  socket.listen({ path: `\0${name}`.padEnd(108, '-'), exclusive: true })
  if (!socket.listening) throw inUse(path)
  socket.unref()
  return () => socket.close()
}

function inUse(path: string): StoreError {
  return new StoreError(
    'in-use',
    path,
    `${path}: another process, or another store of this one, has it open.`,
  )
}
