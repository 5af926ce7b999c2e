import { readFileSync, writeFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { versionOf } from './ask.ts'
import { differingLine, firstDisagreement, hashOf, stepsOf } from './compare.ts'
import { randomRuns, slicesOf } from './corpus.ts'
import { type Engine, installCommand, isInstalled } from './engine.ts'
import { EnginesError } from './engines-error.ts'
import { type Options, readOptions } from './options.ts'
import { pageOf } from './page.ts'
import { type Played, play } from './play.ts'
import { readRecord, record, staleness, textOf } from './record.ts'

/** What the program works with. */
export interface Parts {
  /** Every engine, the reference first. */
  readonly engines: readonly [Engine, ...Engine[]]
  /** Makes what is missing of the engines that can be installed here. */
  readonly install: (progress: (line: string) => void) => Promise<void>
  /** Makes the bundle, and tells how many stories it has. */
  readonly makeBundle: () => Promise<{ readonly text: string; readonly stories: number }>
  /** The page, and the record that it is made from. */
  readonly files: { readonly page: string; readonly record: string }
  readonly out: (line: string) => void
  readonly err: (line: string) => void
}

/** What the run came to, for `--json`. */
interface Outcome {
  readonly engine: string
  readonly version: string
  readonly runs: number
  readonly steps: number
  readonly hash: string
  readonly agrees: boolean
}

/** Processes at a time: the machines of continuous integration have two cores. */
const atATime = 2

/** Runs the program with its arguments and gives its exit code; every failure is one clear message. */
export async function runProgram(args: readonly string[], parts: Parts): Promise<number> {
  try {
    return await run(readOptions(args, parts.engines, parts), parts)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof EnginesError)) throw error
    parts.err(`engines: ${error.message}`)
    return 1
  }
}

async function run(options: Options, parts: Parts): Promise<number> {
  await parts.install(parts.err)
  const present = presentEngines(options, parts)
  const { text: bundle, stories } = await parts.makeBundle()
  const tasks = present.map((engine, at) => ({
    engine,
    slices: slicesOf(
      stories,
      at === 0 ? options.runs : Math.min(options.runs, options.sample ?? options.runs),
    ),
  }))
  const played = await play(bundle, tasks, atATime, ({ engine, doneSlices, slices }) =>
    parts.err(`${engine.id}: ${doneSlices} of ${slices} parts`),
  )
  const [reference] = played
  if (reference === undefined) throw new EnginesError('engine-missing', 'engines', 'none is installed')
  const outcomes = await Promise.all(played.map((one) => outcomeOf(reference, one)))
  if (options.json) parts.out(JSON.stringify({ stories, engines: outcomes }))
  else tell(outcomes, stories, reference, parts)
  const others = played.filter((one) => firstDisagreement(reference.results, one.results) !== null)
  for (const other of others) await tellDisagreement(bundle, reference, other, parts)
  if (others.length > 0) return 1
  if (options.check) return check(reference, parts)
  const { runs, sample } = options
  if (runs === randomRuns && sample === null && present.length === parts.engines.length)
    write(stories, reference, parts)
  else parts.err('Not a run of everything: nothing was written.')
  return 0
}

/** The engines that were asked for and are here. @throws {EnginesError} `engine-missing` */
function presentEngines({ only, allowMissing }: Options, { engines, err }: Parts): readonly Engine[] {
  const wanted = engines.filter(({ id }) => only.length === 0 || only.includes(id))
  const missing = wanted.filter((engine) => !isInstalled(engine))
  const lines = missing.map((engine) => `${engine.name} is not installed: ${installCommand(engine)}`)
  if (missing.length > 0 && !allowMissing)
    throw new EnginesError('engine-missing', missing.map(({ id }) => id).join(', '), lines.join('\n'))
  for (const line of lines) err(line)
  return wanted.filter(isInstalled)
}

async function outcomeOf(reference: Played, { engine, results }: Played): Promise<Outcome> {
  return {
    engine: engine.id,
    version: await versionOf(engine),
    runs: results.length,
    steps: stepsOf(results),
    hash: hashOf(results),
    agrees: firstDisagreement(reference.results, results) === null,
  }
}

function tell(outcomes: readonly Outcome[], stories: number, reference: Played, { out }: Parts): void {
  const all = reference.results.length - stories
  for (const { engine, version, runs, steps, hash, agrees } of outcomes) {
    const played = `${runs - stories} of ${all} random runs`
    out(
      `${engine.padEnd(9)} ${version.padEnd(16)} ${stories} stories, ${played}, ${steps} steps  ${hash.slice(0, 12)}  ${agrees ? 'agrees' : 'DISAGREES'}`,
    )
  }
}

async function tellDisagreement(
  bundle: string,
  reference: Played,
  other: Played,
  { err }: Parts,
): Promise<void> {
  const disagreement = firstDisagreement(reference.results, other.results)
  if (disagreement === null) return
  const {
    line,
    reference: expected,
    other: got,
  } = await differingLine(bundle, reference.engine, other, disagreement)
  err(`engines: ${other.engine.name} does not do what ${reference.engine.name} does.`)
  err(`  first run that differs: ${disagreement.run}; its first line that differs: ${line}`)
  err(`  ${reference.engine.id}: ${expected}`)
  err(`  ${other.engine.id}: ${got}`)
}

/** Whether what is written of the engines is still true. */
function check({ results }: Played, { engines, files, err, out }: Parts): number {
  const recorded = readRecord(files.record)
  const stale = staleness(recorded, engines, results)
  if (stale === null && readFileSync(files.page, 'utf8') === pageOf(recorded)) {
    out('docs/engines.md is up to date')
    return 0
  }
  err(
    `engines: docs/engines.md is out of date: ${stale ?? 'it is not what is made from its record'}. \`pnpm engines\` writes it anew.`,
  )
  return 1
}

function write(stories: number, { results }: Played, { engines, files, out }: Parts): void {
  const recorded = record(engines, stories, results)
  writeFileSync(files.record, textOf(recorded))
  writeFileSync(files.page, pageOf(recorded))
  out('docs/engines.md and docs/engines.json are written')
}
