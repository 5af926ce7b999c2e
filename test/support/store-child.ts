import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openFileStore } from '@realer-device/node'
import { openSqliteStore, type Store, StoreError } from '@realer-device/sqlite'
import { lockByName } from '../../packages/node/src/file-lock.ts'
import type { FileFault, StoreKind, StoreOrder } from './store-process.ts'

/**
 * A process that opens a store, for tests that kill it, bound it, or give it a broken file. What it finds goes out as a
 * line of JSON each, written at once, so that a crash loses none.
 */
const order = JSON.parse(process.argv[2] ?? '') as StoreOrder

const openers: { readonly [kind in StoreKind]: (path: string) => Store } = {
  file: openFileStore,
  sqlite: openSqliteStore,
}
const open = openers[order.kind]

switch (order.do) {
  case 'hold':
    hold(order.path)
    break
  case 'holdName':
    lockByName(order.path)
    tell('holds')
    setInterval(() => {}, 60_000)
    break
  case 'grow':
    grow(order.path)
    break
  case 'live in a read-only folder':
    readOnly(order.path)
    break
  case 'try faults':
    tryFaults(order.path, order.faults, order.from)
    break
}

function tell(finding: unknown): void {
  writeSync(1, `${JSON.stringify(finding)}\n`)
}

/** What happens, as a text: a StoreError's code, or what is not one. */
function outcomeOf(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error instanceof StoreError ? error.code : `no StoreError: ${String(error)}`
  }
}

function hold(path: string): void {
  open(path).write([{ key: 'head', value: 'written by the first process' }])
  // Nothing refers to the store any more; it is open all the same, until it is closed.
  setImmediate(() => {
    collectGarbage()
    setImmediate(tell, 'holds')
  })
  setInterval(() => {}, 60_000)
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

/** Writes more and more until it is refused, and says what is kept then. */
function grow(path: string): void {
  const store = open(path)
  let kept = 0
  const writeMore = () => {
    for (;;) {
      store.write([
        { key: 'size', value: kept + 1 },
        { key: `big/${kept + 1}`, value: 'x'.repeat(20_000) },
      ])
      kept++
    }
  }
  const refusedAs = outcomeOf(writeMore)
  const entries = new Map(store.entries())
  store.close()
  tell({ refusedAs, kept, size: entries.get('size') ?? 0, entries: entries.size })
}

/** In a folder of its own, as a user whom the rights of files mean something to. */
function readOnly(path: string): void {
  if (process.getuid?.() === 0) {
    process.setgid?.(65_534)
    process.setuid?.(65_534)
  }
  const folder = dirname(path)
  mkdirSync(folder)
  const put = (value: number) => () => {
    store.write([{ key: 'a', value }])
    return 'kept'
  }
  chmodSync(folder, 0o555)
  const asNew = outcomeOf(() => open(path))
  chmodSync(folder, 0o755)
  let store = open(path)
  put(1)()
  store.close()
  chmodSync(folder, 0o555)
  const whenOpened = outcomeOf(() => open(path))
  chmodSync(folder, 0o755)
  store = open(path)
  chmodSync(folder, 0o555)
  const whenWritten = outcomeOf(put(2))
  const found = [...store.entries()]
  chmodSync(folder, 0o755)
  const afterwards = outcomeOf(put(3))
  store.close()
  const unreadable = readdirSync(folder)
  for (const name of unreadable) chmodSync(join(folder, name), 0)
  const whenUnreadable = outcomeOf(() => open(path))
  for (const name of unreadable) chmodSync(join(folder, name), 0o600)
  const last = [...open(path).entries()]
  tell({ asNew, whenOpened, whenWritten, found, afterwards, whenUnreadable, last })
}

/** Gives the store one broken file after the other, and says what it makes of each. */
function tryFaults(path: string, faults: readonly FileFault[], from: number): void {
  const whole = readFileSync(path)
  faults.forEach((fault, index) => {
    if (index < from) return
    const broken = `${path}-${index}`
    writeFileSync(broken, bytesAfter(whole, fault))
    tell({ index })
    const found = outcomeOf(() => entriesAt(broken))
    // A refused opening holds nothing: with the file as it was, the same process gets in.
    writeFileSync(broken, whole)
    const mended = outcomeOf(() => entriesAt(broken).length)
    tell({ index, found, mended })
    for (const suffix of ['', '.lock', '-journal']) rmSync(`${broken}${suffix}`, { force: true })
  })
}

function entriesAt(path: string): (readonly [string, unknown])[] {
  const store = open(path)
  const entries = [...store.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  store.close()
  return entries
}

function bytesAfter(whole: Buffer, { cutAt, flipAt, bit = 0 }: FileFault): Buffer {
  if (cutAt !== undefined) return whole.subarray(0, cutAt)
  const flipped = Buffer.from(whole)
  const at = flipAt ?? 0
  flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
  return flipped
}
