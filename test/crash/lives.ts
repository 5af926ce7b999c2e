import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Sandbox } from '@realer-device/sandbox'
import { build } from 'esbuild'
import type { LifeLine, LifeOrder, StoreKind } from './life.ts'

/** One end of a process, and the lives that it takes. */
export type Death =
  /** By its own hand, before or after the n-th write of its store. */
  | { readonly by: 'write'; readonly write: number; readonly when: 'before' | 'after' }
  /** By ours, at the n-th line that it tells. */
  | { readonly by: 'line'; readonly line: number }
  /** By ours, so long after it was started, wherever it is then. */
  | { readonly by: 'time'; readonly afterMs: number }
  /** None: it does what it has to do, and is told to stop. */
  | { readonly by: 'nobody' }

/** How a life went. */
export interface Life {
  readonly death: Death
  readonly wasKilled: boolean
  readonly lines: readonly LifeLine[]
  readonly errors: string
}

/** A device whose process ends again and again, and whose store and actuators remain. */
export interface Lives {
  readonly lives: readonly Life[]
  live(death: Death, during: (line: LifeLine, end: () => void) => void): Promise<Life>
}

/**
 * Bundles the device process once, so that each of its lives starts quickly. The database stays outside, for it is native: the
 * bundle stands where its package is found. Campaigns that run at once have a name each.
 */
export async function bundleDevice(name: string): Promise<string> {
  const outfile = fileURLToPath(
    new URL(`../../packages/sqlite/node_modules/.cache/crash/${name}.mjs`, import.meta.url),
  )
  await build({
    entryPoints: [fileURLToPath(new URL('device.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    external: ['@photostructure/sqlite'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  return outfile
}

/** Lives of one device against a sandbox, on one store. */
export function createLives(
  program: string,
  sandbox: Sandbox,
  store: { readonly kind: StoreKind; readonly path: string },
): Lives {
  const { apiUrl, caPem, deviceId, clientId, clientSecret, ledger } = sandbox
  const house: Record<string, string> = { door: 'closed', heater: 'off' }
  const lives: Life[] = []
  const routes = Object.fromEntries(
    Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId]),
  )
  let readings = 0

  /** What the process tells happens in the world: there it stays, whatever becomes of the process. */
  function happens(line: LifeLine): void {
    if (line.line === 'kept' || line.line === 'taken')
      ledger.observed({ messageId: line.messageId, route: line.route })
    if (line.line !== 'moves') return
    house[line.route] = line.value
    ledger.executed({ desiredId: line.desiredId, route: line.route, value: line.value })
  }

  return {
    lives,
    async live(death, during) {
      const order: LifeOrder = {
        apiUrl,
        ca: caPem,
        deviceId,
        clientId,
        clientSecret,
        routes,
        store,
        house,
        dieAt: death.by === 'write' ? { write: death.write, when: death.when } : null,
        readings: Array.from({ length: 4 }, () => `reading ${++readings}`),
      }
      const child = spawn(process.execPath, [program], {
        env: { PATH: process.env.PATH, REALER_LIFE: JSON.stringify(order) },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      const lines: LifeLine[] = []
      const killTimer =
        death.by === 'time' ? setTimeout(() => child.kill('SIGKILL'), death.afterMs) : undefined
      let errors = ''
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString()
      })
      // It may be gone before we close its input.
      child.stdin.on('error', () => {})
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as LifeLine
        lines.push(line)
        happens(line)
        if (death.by === 'line' && lines.length >= death.line) child.kill('SIGKILL')
        during(line, () => child.stdin.end())
      })
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
      clearTimeout(killTimer)
      const life: Life = { death, wasKilled: signal === 'SIGKILL', lines, errors }
      lives.push(life)
      if (!life.wasKilled && code !== 0)
        throw new Error(`The device process ended with ${code ?? signal}:\n${errors}`)
      return life
    },
  }
}
