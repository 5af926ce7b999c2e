// The test command: type check, lint, all tests, and a summary of the three.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findMosquitto } from './support/mosquitto.ts'

/** Where a whole run leaves its report, from the repository's root. */
const report = 'node_modules/.cache/realer-device/test-report.json'

const help = `Usage: pnpm test [--help] [vitest arguments]

Runs the type check (tsc -b), the linter (biome check) and every test (vitest), then sums them up.
Arguments go to vitest: \`pnpm test core\` runs the tests whose path holds "core".

A run of every test leaves vitest's JSON report in ${report}, from which \`pnpm documents --report\` makes the rule matrix.

REALER_REQUIRE_MOSQUITTO=1 makes it a failure where Mosquitto is not installed.
Exit codes: 0 all passed, 1 something failed.`

interface Part {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
}

const args = process.argv.slice(2)
if (args.includes('--help')) {
  say(help)
  process.exit(0)
}

const parts: readonly Part[] = [
  { name: 'type check', program: 'tsc', args: ['-b'] },
  { name: 'lint', program: 'biome', args: ['check', '--error-on-warnings'] },
  { name: 'tests', program: 'vitest', args: ['run', ...(args.length === 0 ? reporters() : args)] },
]

const results: { name: string; passed: boolean; seconds: number }[] = []
for (const part of parts) {
  say(`\n▸ ${part.name}`)
  const startedAt = performance.now()
  const passed = (await run(part)) === 0
  results.push({ name: part.name, passed, seconds: (performance.now() - startedAt) / 1000 })
}

say('\nSummary')
for (const { name, passed, seconds } of results)
  say(`  ${passed ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1)} s`)
if (findMosquitto() === null)
  say('  skipped  tests with Mosquitto: it is not installed (apt-get install mosquitto)')
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1

/** Only a run of every test may be taken for one. */
function reporters(): string[] {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
}

function run({ program, args: programArgs }: Part): Promise<number> {
  const path = fileURLToPath(new URL(`../node_modules/.bin/${program}`, import.meta.url))
  return new Promise((resolve) => {
    const child = spawn(path, programArgs, { stdio: 'inherit' })
    child.on('error', () => resolve(1))
    child.on('close', (code) => resolve(code ?? 1))
  })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
