import {
  type Engine,
  forProcessor,
  inRuntimes,
  launchPage,
  launchScript,
  launchWorker,
  runtimesFolder,
} from './engine.ts'
import { pinnedVersion } from './runtimes.ts'

/** An engine that comes from npm; its package has one name for each processor. */
function fromNpm(
  name: string,
  x64: string,
  arm64: string,
  program: string,
): Pick<Engine, 'origin' | 'program'> {
  const installed = forProcessor(x64, arm64)
  return {
    origin: { registry: 'npm', package: name, version: pinnedVersion(installed) },
    program: inRuntimes(`${installed}/${program}`),
  }
}

/** An engine that comes from Debian, from the package of this name. */
function fromDebian(name: string, program: string): Pick<Engine, 'origin' | 'program'> {
  return { origin: { registry: 'Debian', package: name }, program: `/usr/bin/${program}` }
}

function node(major: number): Engine {
  return {
    id: `node${major}`,
    name: `Node.js ${major}`,
    kind: 'V8',
    host: 'server',
    ...fromNpm('node', `node${major}-x64`, `node${major}-arm64`, 'bin/node'),
    launch: launchScript('console.log'),
  }
}

/** Every engine, the reference first: the others are compared with it. */
export const engines: readonly [Engine, ...Engine[]] = [
  node(20),
  node(22),
  node(24),
  node(26),
  {
    id: 'bun',
    name: 'Bun',
    kind: 'JavaScriptCore',
    host: 'server',
    ...fromNpm('bun', '@oven/bun-linux-x64', '@oven/bun-linux-aarch64', 'bin/bun'),
    launch: launchScript('console.log', ['run']),
  },
  {
    id: 'deno',
    name: 'Deno',
    kind: 'V8',
    host: 'server, without any permission',
    ...fromNpm('deno', '@deno/linux-x64-glibc', '@deno/linux-arm64-glibc', 'deno'),
    launch: launchScript('console.log', ['run', '--no-prompt', '--no-config']),
  },
  {
    id: 'workerd',
    name: 'workerd',
    kind: 'V8',
    host: 'worker at the edge',
    ...fromNpm('workerd', '@cloudflare/workerd-linux-64', '@cloudflare/workerd-linux-arm64', 'bin/workerd'),
    launch: launchWorker,
  },
  {
    id: 'chromium',
    name: 'Chromium',
    kind: 'V8',
    host: 'browser, in a page',
    ...fromDebian('chromium', 'chromium'),
    launch: launchPage,
  },
  {
    id: 'jsc',
    name: 'jsc',
    kind: 'JavaScriptCore',
    host: "shell of WebKitGTK's engine",
    ...fromDebian('libjavascriptcoregtk-4.0-bin', 'jsc'),
    launch: launchScript('print'),
  },
  {
    id: 'gjs',
    name: 'gjs',
    kind: 'SpiderMonkey',
    host: "GNOME's shell",
    ...fromDebian('gjs', 'gjs'),
    launch: launchScript('print'),
  },
  {
    id: 'quickjs',
    name: 'QuickJS',
    kind: 'QuickJS',
    host: 'small embedded engine, in WebAssembly',
    ...fromNpm(
      'quickjs-emscripten',
      '@jitl/quickjs-wasmfile-release-sync',
      '@jitl/quickjs-wasmfile-release-sync',
      'package.json',
    ),
    program: inRuntimes(`${forProcessor('node20-x64', 'node20-arm64')}/bin/node`),
    launch: launchScript('print', [`${runtimesFolder}/quickjs.mjs`]),
  },
]
