import { ask } from './ask.ts'
import { type RunResult, readResults, resultsOf, type Slice } from './corpus.ts'
import type { Engine } from './engine.ts'

/** What one engine is to play. */
export interface Task {
  readonly engine: Engine
  readonly slices: readonly Slice[]
}

/** What one engine has played, run by run, in the corpus' order. */
export interface Played {
  readonly engine: Engine
  readonly results: readonly RunResult[]
}

/** How far an engine is. */
export interface Progress {
  readonly engine: Engine
  readonly doneSlices: number
  readonly slices: number
}

/**
 * Lets every engine play its slices, some processes at a time, engine after engine.
 *
 * @param atATime processes at a time
 * @throws {EnginesError} of the first engine that fails
 */
export async function play(
  bundle: string,
  tasks: readonly Task[],
  atATime: number,
  progress: (progress: Progress) => void,
): Promise<readonly Played[]> {
  const waiting = tasks.flatMap((task) => task.slices.map((slice) => ({ task, slice })))
  const played = new Map(tasks.map((task) => [task, new Map<Slice, readonly RunResult[]>()]))
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { task, slice } = next
      const { engine, slices } = task
      const answer = await ask(engine, { bundle, expression: resultsOf(slice) })
      const done = played.get(task)
      done?.set(slice, readResults(answer, slice))
      progress({ engine, doneSlices: done?.size ?? 0, slices: slices.length })
    }
  }
  const workers = Array.from({ length: atATime }, () =>
    work().catch((error: unknown) => {
      // The others play to the end of their slice, and no further.
      waiting.length = 0
      throw error
    }),
  )
  await Promise.all(workers)
  return tasks.map((task) => ({
    engine: task.engine,
    results: task.slices.flatMap((slice) => played.get(task)?.get(slice) ?? []),
  }))
}
