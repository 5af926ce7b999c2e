#!/usr/bin/env node
import { createInterface } from 'node:readline'
import { runProgram } from './program.ts'
import { coloursFor } from './terminal.ts'

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
})

// A reader that goes away (`| head -1`) ends the program in good order, as Ctrl-C does.
let closeOutput = (): void => {}
const outputClosed = new Promise<void>((resolve) => {
  closeOutput = resolve
})
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => closeOutput())

const exitCode = await runProgram(
  process.argv.slice(2),
  {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    colours: coloursFor(process.stdout, process.env),
    interrupted: Promise.race([interrupted, outputClosed]),
    lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
  },
  process.env,
)
// Standard input may still be open: a finished command does not wait for it.
process.stdin.unref?.()
process.exitCode = exitCode
