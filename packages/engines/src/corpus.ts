import type { RunResult } from './bundle/corpus.ts'

export type { RunResult } from './bundle/corpus.ts'

/** How many random runs the whole corpus has, beside the stories. */
export const randomRuns = 1_000

/** Runs that an engine plays in one process, at most. */
const sliceRuns = 50

/** Some runs of the corpus, by index: the stories come first. */
export interface Slice {
  readonly first: number
  readonly count: number
}

/** The stories in one slice, and so many random runs in slices that are short enough to see the progress. */
export function slicesOf(stories: number, random: number): readonly Slice[] {
  const slices: Slice[] = [{ first: 0, count: stories }]
  for (let run = 0; run < random; run += sliceRuns)
    slices.push({ first: stories + run, count: Math.min(sliceRuns, random - run) })
  return slices
}

/** The expression of the bundle whose text is a slice's results. */
export function resultsOf({ first, count }: Slice): string {
  return `JSON.stringify(corpus.runs(${first}, ${count}))`
}

/** The expression of the bundle whose text is the lines of one run. */
export function linesOf(index: number): string {
  return `JSON.stringify(corpus.lines(${index}))`
}

/** Reads results out of an answer's text. @throws {Error} where they are none */
export function readResults(answer: string, { count }: Slice): readonly RunResult[] {
  const results = JSON.parse(answer) as readonly RunResult[]
  if (results.length !== count) throw new Error(`${results.length} results instead of ${count}`)
  return results
}
