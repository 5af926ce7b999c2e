import type { Device, DeviceEvents } from '@realer-device/node'
import type { Terminal } from '../terminal.ts'
import type { RunOptions } from './settings.ts'

/**
 * Prints a device's events: a line each for people, NDJSON with `--json`, every step with `--trace`.
 *
 * @param endsTheStart whether a diagnostic ends the program, which then says it itself
 */
export function tellEvents(
  device: Device,
  terminal: Terminal,
  options: Pick<RunOptions, 'json' | 'trace'>,
  endsTheStart: (diagnostic: DeviceEvents['diagnostic']) => boolean,
): void {
  const names = ['online', 'offline', 'safe', 'command', 'report', 'diagnostic', 'stopped'] as const
  if (options.trace) device.on('step', (step) => terminal.out(JSON.stringify({ kind: 'step', ...step })))
  if (options.json) {
    for (const name of names)
      device.on(name, (detail) => terminal.out(JSON.stringify({ kind: name, ...detail })))
    return
  }
  const { colours, out } = terminal
  device.on('online', ({ after }) => out(colours.green(`online (after ${after})`)))
  device.on('offline', ({ because }) => out(colours.yellow(`offline (${because})`)))
  device.on('safe', ({ entered, reason }) =>
    out(
      entered
        ? colours.yellow(`local safe behaviour begins (${reason})`)
        : colours.green('local safe behaviour ends'),
    ),
  )
  device.on('command', ({ route, outcome, desiredId }) => out(`command ${desiredId} on ${route}: ${outcome}`))
  device.on('report', ({ route, messageId, result, status }) =>
    out(`report ${messageId} on ${route}: ${result} (${status})`),
  )
  device.on('diagnostic', (diagnostic) => {
    const { code, level, message, rule } = diagnostic
    // A refused reading has a line of its own, and what ends the program is its last line.
    if (level === 'info' || code === 'report-refused' || endsTheStart(diagnostic)) return
    terminal.err(colours.yellow(`${message} [${rule}]`))
  })
  device.on('stopped', ({ revoked }) =>
    out(revoked ? 'stopped, token revoked' : 'stopped, token not revoked'),
  )
}
