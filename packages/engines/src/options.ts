import { Command, InvalidArgumentError, Option } from 'commander'
import { randomRuns } from './corpus.ts'
import type { Engine } from './engine.ts'

/** What the command is asked for. */
export interface Options {
  /** Ids of engines; empty: all. */
  readonly only: readonly string[]
  /** Random runs of the corpus. */
  readonly runs: number
  /** Random runs that every engine but the reference plays; null: all. */
  readonly sample: number | null
  readonly check: boolean
  readonly json: boolean
  readonly allowMissing: boolean
}

const exitCodeHelp = `
Exit codes:
  0  all engines agree; with --check: and what is written of them is true
  1  engines disagree, an engine is missing or failed, or with --check something is out of date
  2  a wrong option`

/**
 * Reads the command's arguments.
 *
 * @throws {CommanderError} for a wrong option, and after help
 */
export function readOptions(
  args: readonly string[],
  engines: readonly Engine[],
  output: { readonly out: (line: string) => void; readonly err: (line: string) => void },
): Options {
  const ids = engines.map(({ id }) => id)
  const known = (list: string): string[] => {
    const named = list.split(',')
    const unknown = named.find((id) => !ids.includes(id))
    if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of ${ids.join(', ')}.`)
    return named
  }
  return new Command('engines')
    .description(
      'Plays one corpus of traces in every JavaScript engine and compares every step (CORE-2). A run of all of it writes docs/engines.md.',
    )
    .addOption(
      new Option('--only <engines>', 'only these, with commas between').default([], 'all').argParser(known),
    )
    .option(
      '--runs <n>',
      'random runs of the corpus, each of 1,000 events; 0: the stories alone',
      count,
      randomRuns,
    )
    .addOption(
      new Option('--sample <n>', 'random runs of every engine but the first one, which plays all')
        .default(null, 'all')
        .argParser(count),
    )
    .option('--check', 'write nothing; fail where docs/engines.md is not true any more', false)
    .option('--json', 'the outcome as one line of JSON', false)
    .option('--allow-missing', 'leave out the engines that are not installed', false)
    .addHelpText('after', `\nEngines:\n  ${ids.join(', ')}\n${exitCodeHelp}`)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.out(text.trimEnd()),
      writeErr: (text) => output.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help shows the options)')
    .parse([...args], { from: 'user' })
    .opts<Options>()
}

function count(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  return Number(text)
}
