import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { traceOf } from '@realer-device/transcript'
import { build, type Plugin } from 'esbuild'
import type { Story } from './bundle/stories.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const require = createRequire(import.meta.url)
const storyFolder = here('../../../docs/transcripts')

/**
 * mqtt-packet and its parts name modules of Node. In their place: the packages of these names for every engine; of `bl`
 * the list alone, without its streams; of `debug` nothing.
 */
const forEveryEngine: Plugin = {
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

function storyFiles(): readonly string[] {
  return readdirSync(storyFolder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
}

/** A story as data: what came from outside, without what the machine made of it. */
function storyAsData(file: string): Story {
  const inputs = traceOf(readFileSync(join(storyFolder, file), 'utf8'), file).map((line) => {
    if ('format' in line) return line
    const { n, now, random, wallClock, event } = line
    return { n, now, random, ...(wallClock !== undefined && { wallClock }), event }
  })
  return { name: file.replace(/\.txt$/, ''), inputs }
}

/**
 * Makes the one script that every engine runs: it defines `corpus`, and touches nothing of a platform.
 *
 * @param files the stories to put in, by their names in docs/transcripts
 */
export async function makeBundle(
  files: readonly string[] = storyFiles(),
): Promise<{ readonly text: string; readonly stories: number }> {
  const stories = files.map(storyAsData)
  const { outputFiles } = await build({
    entryPoints: [here('bundle/corpus.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'corpus',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['source'],
    target: 'es2022',
    charset: 'ascii',
    define: { process: 'undefined', __STORIES__: JSON.stringify(stories) },
    inject: [here('bundle/no-console.ts')],
    plugins: [forEveryEngine],
    logLevel: 'silent',
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild made no file')
  return { text: file.text, stories: stories.length }
}
