import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

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
      : { define: { process: 'undefined' }, plugins: [withoutNode] }),
  })
}

/** mqtt-packet is CommonJS, and asks for Node's modules with `require`, which a module has not. */
const nodeRequire =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/**
 * mqtt-packet names modules of Node. In their place come the packages of the same names; of `bl` its list, which needs no
 * streams; and nothing for `debug`, which would print packets.
 */
const withoutNode: Plugin = {
  name: 'without-node',
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^(buffer|events)$/ }, ({ path }) => ({ path: require.resolve(`${path}/`) }))
    onResolve({ filter: /^bl$/ }, ({ resolveDir, kind }) => resolve('bl/BufferList.js', { resolveDir, kind }))
    onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'nothing' }))
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = () => () => {}' }))
  },
}
