import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Document, Producer, ProducerContext } from './producer.ts'

/** One generated file, beside what is on the disk. */
export interface FileOutcome {
  readonly path: string
  /** `left over`: nothing makes it any more. */
  readonly state: 'same' | 'differs' | 'missing' | 'left over'
}

/** What a run came to. */
export interface Outcome {
  readonly files: readonly FileOutcome[]
  /** What a check fails for beside files, such as rules that are not covered. */
  readonly problems: readonly string[]
  /** What failed on the way, such as tests. */
  readonly failures: readonly string[]
}

/** How to run producers. */
export interface GenerateOptions extends ProducerContext {
  readonly producers: readonly Producer[]
  /** False: nothing on the disk is touched. */
  readonly write: boolean
  readonly progress: (line: string) => void
}

/** Runs producers one after the other; each writes its files before the next one begins. */
export async function generate({
  producers,
  write,
  progress,
  ...context
}: GenerateOptions): Promise<Outcome> {
  const files: FileOutcome[] = []
  const problems: string[] = []
  const failures: string[] = []
  for (const producer of producers) {
    progress(`${producer.name}: ${producer.makes}`)
    const produced = await producer.produce(context)
    problems.push(...produced.problems)
    failures.push(...produced.failures)
    const outcomes = compare(context.root, produced.documents, producer.owns)
    files.push(...outcomes)
    if (write) carryOut(context.root, produced.documents, outcomes)
  }
  return { files, problems, failures }
}

/** Compares documents with the disk, and finds what is left over in the folders that hold nothing else. */
export function compare(
  root: string,
  documents: readonly Document[],
  owns: readonly string[],
): FileOutcome[] {
  const made = new Set(documents.map(({ path }) => path))
  return [
    ...documents.map(({ path, text }): FileOutcome => {
      const there = readIfThere(join(root, path))
      return { path, state: there === null ? 'missing' : there === text ? 'same' : 'differs' }
    }),
    ...owns
      .flatMap((folder) => namesIn(join(root, folder)).map((name) => `${folder}/${name}`))
      .filter((path) => !made.has(path))
      .map((path): FileOutcome => ({ path, state: 'left over' })),
  ]
}

function carryOut(root: string, documents: readonly Document[], outcomes: readonly FileOutcome[]): void {
  const texts = new Map(documents.map(({ path, text }) => [path, text]))
  for (const { path, state } of outcomes) {
    const file = join(root, path)
    const text = texts.get(path)
    if (state === 'left over') rmSync(file)
    if (state === 'same' || text === undefined) continue
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

function readIfThere(file: string): string | null {
  return ifThere(() => readFileSync(file, 'utf8')) ?? null
}

function namesIn(folder: string): string[] {
  return (ifThere(() => readdirSync(folder)) ?? []).sort()
}

function ifThere<Content>(read: () => Content): Content | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
