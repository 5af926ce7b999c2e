import { replay } from '@realer-device/transcript'
import { Digest } from './digest.ts'
import { playRandomRun } from './random-run.ts'
import { type Story, stories } from './stories.ts'

/** One run of the corpus, by its hash: an engine that differs differs in it. */
export interface RunResult {
  readonly run: string
  /** Steps of the core. */
  readonly steps: number
  /** SHA-256 of every line of the run, as hexadecimal text. */
  readonly hash: string
}

/** How many runs of stories there are; the random runs follow. */
export const storyRuns = stories.length

/** The run at an index: the stories first, then a random run for every further number. */
export function run(index: number): RunResult {
  const digest = new Digest()
  const steps = play(index, (line) => digest.add(`${line}\n`))
  return { run: nameOf(index), steps, hash: digest.hex() }
}

/** The lines of that run, to find the first that differs. */
export function lines(index: number): readonly string[] {
  const all: string[] = []
  play(index, (line) => all.push(line))
  return all
}

/** Several runs, one after the other. */
export function runs(first: number, count: number): readonly RunResult[] {
  return Array.from({ length: count }, (_, offset) => run(first + offset))
}

function nameOf(index: number): string {
  return stories[index]?.name ?? `random-${index - stories.length + 1}`
}

function play(index: number, record: (line: string) => void): number {
  const story = stories[index]
  if (story !== undefined) return playStory(story, record)
  return playRandomRun(index - stories.length + 1, (line) => record(JSON.stringify(line)))
}

function playStory(story: Story, record: (line: string) => void): number {
  let steps = 0
  for (const line of replay(story.inputs)) {
    record(JSON.stringify(line))
    if (!('format' in line)) steps += 1
  }
  return steps
}
