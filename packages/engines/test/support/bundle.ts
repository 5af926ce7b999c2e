import { createContext, runInContext } from 'node:vm'
import type { RunResult } from '../../src/bundle/corpus.ts'
import { makeBundle } from '../../src/make-bundle.ts'

/** What the bundle defines. */
export interface Corpus {
  readonly storyRuns: number
  run(index: number): RunResult
  lines(index: number): readonly string[]
}

const made = makeBundle()

/** The bundle's text, made once. */
export async function bundleText(): Promise<string> {
  return (await made).text
}

/** The bundle in a realm that has ECMAScript and nothing else: no console, no timers, no Buffer, no process. */
export function load(text: string): Corpus {
  return runInContext(`${text}\n;corpus`, createContext({})) as Corpus
}
