import { existsSync } from 'node:fs'
import { arch } from 'node:process'
import { fileURLToPath } from 'node:url'

/** One JavaScript engine, and how a script is run in it. */
export interface Engine {
  /** Its name for `--only`. */
  readonly id: string
  /** Its name for readers. */
  readonly name: string
  /** What interprets the script. */
  readonly kind: 'V8' | 'JavaScriptCore' | 'SpiderMonkey' | 'QuickJS'
  /** What it is besides. */
  readonly host: string
  /** Where it comes from; a Debian package has no pinned version, for it gets security updates. */
  readonly origin:
    | { readonly registry: 'npm'; readonly package: string; readonly version: string }
    | { readonly registry: 'Debian'; readonly package: string }
  /** The program's path. */
  readonly program: string
  /** The files of a run, by name, and the arguments that run them from within their folder. */
  launch(script: Script): Launch
}

/** What is to be run: the bundle, then an expression of it whose text is the answer. */
export interface Script {
  readonly bundle: string
  /** An expression that gives text, such as `JSON.stringify(corpus.runs(0, 10))`. */
  readonly expression: string
}

/** How a program runs a script. */
export interface Launch {
  readonly files: { readonly [name: string]: string }
  readonly arguments: readonly string[]
  /** Reads the answer out of what the program wrote to standard output. */
  readonly answer: (output: string) => string
}

/** Stands before the answer in the output, so that nothing else can be taken for it. */
const mark = 'corpus: '

/** The folder of the engines that come from npm: a project of its own, outside the workspace. */
export const runtimesFolder = fileURLToPath(new URL('../runtimes', import.meta.url))

/** A file of an engine's npm package. */
export function inRuntimes(path: string): string {
  return `${runtimesFolder}/node_modules/${path}`
}

/** The name of this machine's processor in the names of packages; another one has no packages there. */
export function forProcessor(x64: string, arm64: string): string {
  return arch === 'arm64' ? arm64 : x64
}

export function isInstalled({ program }: Engine): boolean {
  return existsSync(program)
}

/** The command that installs an engine. */
export function installCommand({ origin }: Engine): string {
  return origin.registry === 'npm'
    ? 'npx -y pnpm@12 engines (it installs what comes from npm by itself; on Linux, x64 and arm64)'
    : `apt-get install -y --no-install-recommends ${origin.package}`
}

/** A script in one file, whose answer is a line of standard output. */
export function launchScript(print: string, args: readonly string[] = []): Engine['launch'] {
  return ({ bundle, expression }) => ({
    files: { 'script.js': `${bundle}\n;${print}('${mark}' + (${expression}));\n` },
    arguments: [...args, 'script.js'],
    answer: markedLine,
  })
}

/** The line of the answer. */
export function markedLine(output: string): string {
  const line = output.split('\n').find((each) => each.startsWith(mark))
  if (line === undefined) throw new Error('it gave no answer')
  return line.slice(mark.length)
}

/** A module of workerd, run as a test of its own, so that no port is opened. */
export const launchWorker: Engine['launch'] = ({ bundle, expression }) => ({
  files: {
    'worker.js': `${bundle}\nexport default { test() { console.log('${mark}' + (${expression})) } }\n`,
    'worker.capnp': [
      'using Workerd = import "/workerd/workerd.capnp";',
      'const config :Workerd.Config = (services = [(name = "main", worker = (',
      '  modules = [(name = "worker.js", esModule = embed "worker.js")],',
      '  compatibilityDate = "2026-01-01"))]);',
    ].join('\n'),
  },
  arguments: ['test', 'worker.capnp'],
  answer: markedLine,
})

/** A page without network, whose text is the answer. */
export const launchPage: Engine['launch'] = ({ bundle, expression }) => ({
  files: {
    'corpus.js': bundle,
    'page.html': [
      '<!doctype html><meta charset="utf-8"><body></body>',
      '<script src="corpus.js"></script>',
      `<script>document.body.textContent = '${mark}' + encodeURIComponent(${expression})</script>`,
    ].join('\n'),
  },
  arguments: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--user-data-dir=profile',
    '--allow-file-access-from-files',
    '--dump-dom',
    'page.html',
  ],
  answer: (output) => {
    const [, text] = new RegExp(`<body>${mark}([^<]*)`).exec(output) ?? []
    if (text === undefined) throw new Error('the page has no answer')
    return decodeURIComponent(text)
  },
})
