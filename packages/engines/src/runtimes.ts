import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { runtimesFolder } from './engine.ts'
import { EnginesError } from './engines-error.ts'

interface Manifest {
  readonly dependencies: { readonly [name: string]: string }
  readonly optionalDependencies: { readonly [name: string]: string }
}

/** The version at which an engine's package is pinned. */
export function pinnedVersion(name: string): string {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(`${runtimesFolder}/package.json`, 'utf8'),
  ) as Manifest
  const pinned = dependencies[name] ?? optionalDependencies[name]
  if (pinned === undefined) throw new EnginesError('install-failed', name, 'it is not among the runtimes')
  return pinned.replace(/^npm:.*@/, '')
}

/** Whether what is installed is what the lock file says. */
function areInstalled(): boolean {
  const read = (path: string) => readFileSync(`${runtimesFolder}/${path}`, 'utf8')
  try {
    return read('pnpm-lock.yaml') === read('node_modules/.pnpm/lock.yaml')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** What installs the engines from npm: no script of a package runs, for the packages hold the programs themselves. */
const install = ['-y', 'pnpm@12', 'install', '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts']

/**
 * Installs the engines that come from npm, where they are not there yet.
 *
 * @throws {EnginesError} `install-failed`
 */
export async function installRuntimes(progress: (line: string) => void): Promise<void> {
  if (areInstalled()) return
  progress('installing the engines that come from npm (about 1 GB)')
  const output = await new Promise<string | null>((resolve) => {
    let told = ''
    const child = spawn('npx', install, { cwd: runtimesFolder, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (told += String(part)))
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) => resolve(code === 0 ? null : told.trim()))
  })
  if (output !== null) throw new EnginesError('install-failed', 'npx pnpm@12 install', output)
}
