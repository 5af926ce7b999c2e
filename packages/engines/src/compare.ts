import { createHash } from 'node:crypto'
import { ask } from './ask.ts'
import { linesOf, type RunResult } from './corpus.ts'
import type { Engine } from './engine.ts'
import type { Played } from './play.ts'

/** The first run in which an engine is not like the reference. */
export interface Disagreement {
  readonly run: string
  /** Its index in the corpus. */
  readonly index: number
}

/** The first run whose result is another than the reference's; null where all are the same. */
export function firstDisagreement(
  reference: readonly RunResult[],
  results: readonly RunResult[],
): Disagreement | null {
  const index = results.findIndex((result, at) => {
    const expected = reference[at]
    return result.run !== expected?.run || result.steps !== expected.steps || result.hash !== expected.hash
  })
  const result = results[index]
  return result === undefined ? null : { run: result.run, index }
}

/** One hash of all steps of some runs: the SHA-256 of their names, numbers of steps and hashes. */
export function hashOf(results: readonly RunResult[]): string {
  const hash = createHash('sha256')
  for (const { run, steps, hash: one } of results) hash.update(`${run} ${steps} ${one}\n`)
  return hash.digest('hex')
}

/** How many steps of the core some runs made. */
export function stepsOf(results: readonly RunResult[]): number {
  return results.reduce((sum, { steps }) => sum + steps, 0)
}

/** The first line of a run in which two engines differ. */
export interface DifferingLine {
  /** From 0; -1 where every line is the same. */
  readonly line: number
  readonly reference: string
  readonly other: string
}

/** Compares the lines of a run; one that a run does not have is empty. */
export function firstDifferingLine(reference: readonly string[], other: readonly string[]): DifferingLine {
  const longer = reference.length > other.length ? reference : other
  const line = longer.findIndex((_, at) => reference[at] !== other[at])
  return { line, reference: reference[line] ?? '', other: other[line] ?? '' }
}

/** Plays one run in two engines once more and finds the first line that differs. */
export async function differingLine(
  bundle: string,
  reference: Engine,
  { engine }: Played,
  { index }: Disagreement,
): Promise<DifferingLine> {
  const lines = async (one: Engine) =>
    JSON.parse(await ask(one, { bundle, expression: linesOf(index) })) as readonly string[]
  return firstDifferingLine(await lines(reference), await lines(engine))
}
