import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DocumentError } from './document-error.ts'

/**
 * Runs every test once and gives vitest's JSON report; its progress goes to standard error. Tests that fail are in the
 * report, and no error here.
 *
 * @throws {DocumentError} `report-unreadable` where vitest leaves no report
 */
export async function runTests(root: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'realer-device-tests-'))
  const report = join(folder, 'report.json')
  try {
    const program = join(root, 'node_modules', '.bin', 'vitest')
    await run(program, ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], root)
    return await readFile(report, 'utf8').catch((error: unknown) => {
      throw new DocumentError('report-unreadable', 'vitest', `it left no report: ${String(error)}`)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', process.stderr, process.stderr] })
    child.on('error', (error) => reject(new DocumentError('report-unreadable', 'vitest', String(error))))
    child.on('close', () => resolve())
  })
}
