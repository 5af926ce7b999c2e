import { createRequire } from 'node:module'
import type { Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

/**
 * mqtt-packet and its parts name modules of Node. In their place: the packages of these names for every engine; of `bl`
 * the list alone, without its streams; of `debug` nothing.
 */
export const forEveryEngine: Plugin = {
  name: 'for-every-engine',
  setup(build) {
    build.onResolve({ filter: /^bl$/ }, ({ resolveDir, kind }) =>
      build.resolve('bl/BufferList.js', { resolveDir, kind }),
    )
    build.onResolve({ filter: /^(buffer|events)$/ }, ({ path }) => ({ path: require.resolve(`${path}/`) }))
    build.onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'silent' }))
    build.onLoad({ filter: /^debug$/, namespace: 'silent' }, () => ({
      contents: 'module.exports = () => () => {}',
    }))
  },
}
