import { type Device, ReportError } from '@realer-device/node'
import type { Terminal } from '../terminal.ts'

/** One line of standard input: a reading for a route. */
export interface Reading {
  readonly route: string
  readonly value: string
}

/** Reads a line: `ROUTE VALUE`, or a JSON object with `route` and `value`; a fault says which part is wrong. */
export function readReading(line: string): { ok: true; reading: Reading } | { ok: false; message: string } {
  if (!line.trimStart().startsWith('{')) {
    const [, route, value] = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(line) ?? []
    if (route === undefined || value === undefined)
      return { ok: false, message: 'a reading is ROUTE VALUE, or a JSON object' }
    return { ok: true, reading: { route, value } }
  }
  let parsed: { route?: unknown; value?: unknown }
  try {
    parsed = JSON.parse(line) as typeof parsed
  } catch {
    return { ok: false, message: 'the line is not JSON' }
  }
  const { route, value } = parsed
  if (typeof route !== 'string' || route === '') return { ok: false, message: 'route is missing or not text' }
  if (typeof value !== 'string') return { ok: false, message: 'value is missing or not text' }
  return { ok: true, reading: { route, value } }
}

/** Reports a reading; a refusal is told in one line and the device goes on. True where it was settled as done. */
export async function reportReading(
  device: Device,
  { route, value }: Reading,
  terminal: Pick<Terminal, 'err'>,
): Promise<boolean> {
  try {
    const { result } = await device.report(route, value).settled
    return result === 'done'
  } catch (error) {
    if (!(error instanceof ReportError)) throw error
    terminal.err(`The reading for ${JSON.stringify(route)} was refused (${error.field}): ${error.message}`)
    return false
  }
}
