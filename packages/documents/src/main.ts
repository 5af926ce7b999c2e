import { fileURLToPath } from 'node:url'
import { runProgram } from './program.ts'

process.exitCode = await runProgram(
  process.argv.slice(2),
  fileURLToPath(new URL('../../..', import.meta.url)),
  {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
  },
)
