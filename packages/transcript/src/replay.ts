import { createInterface } from 'node:readline'
import { replay, type TraceLine } from './trace.ts'

// Reads a trace as NDJSON on standard input, makes every step again, and writes the trace that comes of it.
const lines: TraceLine[] = []
for await (const line of createInterface({ input: process.stdin }))
  if (line !== '') lines.push(JSON.parse(line) as TraceLine)
for (const line of replay(lines)) process.stdout.write(`${JSON.stringify(line)}\n`)
