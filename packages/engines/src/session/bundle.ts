import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { forEveryEngine } from '../for-every-engine.ts'

/** Where a script runs: with Node's modules (Node, Bun), or with none. */
export type BundleFor = 'node' | 'web'

/** Makes one file of a session's script, which needs nothing of this workspace. */
export async function bundleSession(entry: string, target: BundleFor, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: target === 'node' ? 'node' : 'browser',
    conditions: ['source'],
    target: 'es2022',
    external: ['cloudflare:*'],
    logLevel: 'silent',
    ...(target === 'node'
      ? { banner: { js: nodeRequire } }
      : { define: { process: 'undefined' }, plugins: [forEveryEngine] }),
  })
}

/** mqtt-packet is CommonJS, and asks for Node's modules with `require`, which a module has not. */
const nodeRequire =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
