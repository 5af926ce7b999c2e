import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)

/** A folder of its own outside the repository, in which the documents' examples are checked and run. */
export interface ExampleFolder {
  readonly path: string
  write(files: ReadonlyMap<string, string>): Promise<void>
  /**
   * What the compiler says of these files, under the repository's own options; nothing where all is well. The platform's
   * types are those of Node where nothing else is said.
   */
  typeCheck(files: readonly string[], platform?: PlatformTypes): Promise<string>
  /** Starts a file as a program, from its sources. */
  run(file: string, environment?: NodeJS.ProcessEnv): Program
  remove(): Promise<void>
}

/** Whose types a file is checked with: packages of types, and TypeScript's own libraries. */
export interface PlatformTypes {
  readonly types: readonly string[]
  readonly lib?: readonly string[]
}

/** A program that runs. */
export interface Program {
  readonly process: ChildProcess
  /** What it has printed so far, by lines. */
  readonly lines: readonly string[]
  /** Resolves when a line comes that matches, past or to come; rejects with all of its output where it ends before. */
  line(pattern: RegExp): Promise<string>
  /** Resolves with its exit code, or the signal's name. */
  readonly ended: Promise<number | string>
}

/** Makes the folder; the workspace's packages are found from it. */
export async function makeExampleFolder(): Promise<ExampleFolder> {
  const path = await mkdtemp(join(tmpdir(), 'realer-device-examples-'))
  await symlink(join(root, 'node_modules'), join(path, 'node_modules'))
  await writeFile(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  return {
    path,
    async write(files) {
      for (const [name, text] of files) await writeFile(join(path, name), text)
    },
    async typeCheck(files, platform = { types: ['node'] }) {
      const compilerOptions = {
        noEmit: true,
        composite: false,
        declaration: false,
        declarationMap: false,
        ...platform,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        noUnusedLocals: true,
      }
      const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files }
      await writeFile(join(path, 'tsconfig.json'), JSON.stringify(config))
      const compiler = join(root, 'node_modules', '.bin', 'tsc')
      const { stdout } = await execute(compiler, ['-p', path], { cwd: path }).catch(
        (error: { stdout: string }) => error,
      )
      return stdout
    },
    run(file, environment = {}) {
      const program = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', file], {
        cwd: path,
        env: { PATH: process.env.PATH, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return watch(program)
    },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

function watch(program: ReturnType<typeof spawn>): Program {
  const lines: string[] = []
  const complaints: string[] = []
  const lookers = new Set<() => void>()
  let isOver = false
  const look = () => {
    for (const looker of lookers) looker()
  }
  const read = (stream: typeof program.stdout, into: string[]) => {
    if (stream === null) return
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line)
      look()
    })
  }
  read(program.stdout, lines)
  read(program.stderr, complaints)
  const ended = new Promise<number | string>((resolve) => {
    program.on('close', (code, signal) => {
      isOver = true
      look()
      resolve(code ?? signal ?? '')
    })
  })
  return {
    process: program,
    lines,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const looker = () => {
          const found = lines.find((line) => pattern.test(line))
          if (found === undefined && !isOver) return
          lookers.delete(looker)
          if (found !== undefined) resolve(found)
          else reject(new Error(`${pattern} never came:\n${[...lines, ...complaints].join('\n')}`))
        }
        lookers.add(looker)
        looker()
      }),
  }
}
