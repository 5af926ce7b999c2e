import { readFileSync } from 'node:fs'
import { hashOf, stepsOf } from './compare.ts'
import type { RunResult } from './corpus.ts'
import type { Engine } from './engine.ts'
import { EnginesError } from './engines-error.ts'

/** A whole run of all engines that agreed: what the page is made from, and what a later run is checked against. */
export interface Recorded {
  readonly format: 'realer-device-engines'
  readonly version: 1
  /** Runs of the corpus that are stories; the others are random. */
  readonly stories: number
  /** The hash of all runs' steps. */
  readonly hash: string
  readonly engines: readonly RecordedEngine[]
  /** `name steps hash` of every run: a run of a part of the corpus is checked against it too. */
  readonly runs: readonly string[]
}

/** One engine of a recorded run. */
export interface RecordedEngine extends Pick<Engine, 'id' | 'name' | 'kind' | 'host' | 'origin'> {
  /** Runs of the corpus that it played. */
  readonly runs: number
  readonly steps: number
  readonly hash: string
}

/** The record of engines that all played the same. */
export function record(engines: readonly Engine[], stories: number, results: readonly RunResult[]): Recorded {
  const hash = hashOf(results)
  return {
    format: 'realer-device-engines',
    version: 1,
    stories,
    hash,
    engines: engines.map(({ id, name, kind, host, origin }) => ({
      ...{ id, name, kind, host, origin },
      ...{ runs: results.length, steps: stepsOf(results), hash },
    })),
    runs: results.map(lineOf),
  }
}

/** A record as the text of its file. */
export function textOf(recorded: Recorded): string {
  return `${JSON.stringify(recorded, null, 1)}\n`
}

/** Reads a record. @throws {EnginesError} `record-unreadable` */
export function readRecord(file: string): Recorded {
  try {
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded
    if (recorded.format === 'realer-device-engines' && recorded.version === 1) return recorded
    throw new Error('it is not a record of a run of the engines')
  } catch (error) {
    throw new EnginesError('record-unreadable', file, error instanceof Error ? error.message : String(error))
  }
}

/**
 * What of a record is not true any more, by a run of the corpus or of a part of it; null where all of it is.
 *
 * @param engines every engine there is now
 * @param results of the runs that were played, from the corpus' first on
 */
export function staleness(
  recorded: Recorded,
  engines: readonly Engine[],
  results: readonly RunResult[],
): string | null {
  const now = record(engines, recorded.stories, results)
  const shapes = ({ engines }: Recorded) =>
    JSON.stringify(engines.map(({ id, name, kind, host, origin }) => ({ id, name, kind, host, origin })))
  if (shapes(recorded) !== shapes(now)) return 'the engines are others, or other versions of them'
  const at = now.runs.findIndex((line, index) => line !== recorded.runs[index])
  if (at !== -1) return `the steps of ${results[at]?.run} are others`
  return null
}

function lineOf({ run, steps, hash }: RunResult): string {
  return `${run} ${steps} ${hash}`
}
