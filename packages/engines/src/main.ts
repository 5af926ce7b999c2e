import { fileURLToPath } from 'node:url'
import { engines } from './engines.ts'
import { makeBundle } from './make-bundle.ts'
import { runProgram } from './program.ts'
import { installRuntimes } from './runtimes.ts'

// The engines end with the program that started them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const inDocs = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url))

process.exitCode = await runProgram(process.argv.slice(2), {
  engines,
  install: installRuntimes,
  makeBundle: () => makeBundle(),
  files: { page: inDocs('engines.md'), record: inDocs('engines.json') },
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
})
