import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine, Script } from './engine.ts'
import { EnginesError } from './engines-error.ts'

/** Longest time that an engine may take for one script. */
const timeoutMs = 20 * 60_000

/**
 * Runs a script in an engine, in a process and a folder of its own, and gives the text of its answer.
 *
 * @throws {EnginesError} `engine-failed` with the last lines of what it said
 */
export async function ask(engine: Engine, script: Script): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `realer-device-${engine.id}-`))
  try {
    const launch = engine.launch(script)
    for (const [name, text] of Object.entries(launch.files)) await writeFile(join(folder, name), text)
    const { code, out, err } = await runProgram(engine.program, launch.arguments, folder)
    try {
      if (code !== 0) throw new Error(`it ended with ${code}`)
      return launch.answer(out)
    } catch (error) {
      const said = `${err}\n${out}`.trim().slice(-2_000)
      throw new EnginesError('engine-failed', engine.id, `${String(error)}\n${said}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The version of an engine that is installed; `unknown` where Debian does not know the package. */
export async function versionOf({ origin }: Engine): Promise<string> {
  if (origin.registry === 'npm') return origin.version
  const { out } = await runProgram('dpkg-query', ['--show', origin.package], tmpdir()).catch(() => ({
    out: '',
  }))
  const [, version = 'unknown'] = out.trim().split('\t')
  return version
}

interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string
  readonly out: string
  readonly err: string
}

function runProgram(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // A group of its own: Chromium has children, and they end with it.
    const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const end = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    }
    const timer = setTimeout(end, timeoutMs)
    process.on('exit', end)
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.stderr.on('data', (part: Buffer) => err.push(part))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      process.off('exit', end)
      resolve({ code: code ?? signal ?? 'nothing', out: textOf(out), err: textOf(err) })
    })
  })
}

function textOf(parts: readonly Buffer[]): string {
  return Buffer.concat(parts).toString('utf8')
}
