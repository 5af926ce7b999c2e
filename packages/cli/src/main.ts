#!/usr/bin/env node
import { createInterface } from 'node:readline'
import { runProgram } from './program.ts'
import { coloursFor } from './terminal.ts'

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
})

const exitCode = await runProgram(
  process.argv.slice(2),
  {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    colours: coloursFor(process.stdout, process.env),
    interrupted,
    lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
  },
  process.env,
)
// Standard input may still be open: a finished command does not wait for it.
process.stdin.unref?.()
process.exitCode = exitCode
