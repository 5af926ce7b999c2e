import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type StoreKind = 'file' | 'sqlite'

/** One flipped bit, or a cut at a length. */
export interface FileFault {
  readonly cutAt?: number
  readonly flipAt?: number
  readonly bit?: number
}

/** What a child process does with a store. */
export type StoreOrder = { readonly kind: StoreKind; readonly path: string } & (
  | { readonly do: 'hold' | 'holdName' | 'grow' | 'live in a read-only folder' }
  | { readonly do: 'try faults'; readonly faults: readonly FileFault[]; readonly from: number }
)

/** A process with a store. */
export interface StoreProcess {
  /** The next finding that it tells; null where it has ended. */
  next(): Promise<unknown>
  /** SIGKILL, and resolves when it is dead. */
  kill(): Promise<void>
  /** Resolves with its exit code or signal. */
  readonly ended: Promise<number | string>
}

const program = fileURLToPath(new URL('./store-child.ts', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Starts one. `fileSizeBlocks` bounds every file that it writes, in blocks of 512 bytes, as `ulimit -f` does. */
export function startStoreProcess(order: StoreOrder, fileSizeBlocks?: number): StoreProcess {
  const node = [process.execPath, '--conditions=source', '--import', 'tsx', program, JSON.stringify(order)]
  const bounded = ['sh', '-c', `ulimit -f ${fileSizeBlocks}; exec "$@"`, 'sh', ...node]
  const [command = '', ...args] = fileSizeBlocks === undefined ? node : bounded
  // tsx keeps what it has compiled in files, which the bound would cut.
  const env = { ...process.env, TSX_DISABLE_CACHE: '1' }
  return watch(spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] }))
}

function watch(child: ChildProcess): StoreProcess {
  const findings: unknown[] = []
  let isOver = false
  let wake = (): void => {}
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => {
      findings.push(JSON.parse(line))
      wake()
    })
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => {
      isOver = true
      wake()
      resolve(code ?? signal ?? '')
    })
  })
  return {
    ended,
    async next() {
      while (findings.length === 0 && !isOver)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      return findings.length === 0 ? null : findings.shift()
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
