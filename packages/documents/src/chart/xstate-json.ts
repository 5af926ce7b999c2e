import type { AnyStateMachine } from 'xstate'
import { nameOf } from './read-chart.ts'

/** Where a configuration names guards and actions. */
const named: ReadonlySet<string> = new Set(['guard', 'actions', 'entry', 'exit'])

/**
 * Writes a machine's configuration as JSON that XState and Stately's import read: guards and actions by their names,
 * the code behind them left out.
 *
 * @throws {DocumentError} `chart-unreadable` where a guard or an action has no name
 */
export function writeXStateJson(machine: AnyStateMachine): string {
  return `${JSON.stringify(plain(machine.config, '', machine.id), null, 2)}\n`
}

function plain(value: unknown, key: string, where: string): unknown {
  if (named.has(key) && !Array.isArray(value) && value !== undefined) return nameOf(value, where)
  if (Array.isArray(value)) return value.map((item) => plain(item, key, where))
  // What is code and no name belongs to the machine's implementation: the context's factory, for one.
  if (typeof value === 'function') return undefined
  if (typeof value !== 'object' || value === null) return value
  // Setup's own part of the configuration is no part of the chart.
  const entries = Object.entries(value).map(([name, item]) => [name, plain(item, name, `${where}.${name}`)])
  return Object.fromEntries(entries)
}
