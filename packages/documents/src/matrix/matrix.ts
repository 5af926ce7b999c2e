import type { Rule } from '../rule-book.ts'
import { type RuleComment, rulesIn } from '../source/rule-comments.ts'
import type { TestReport, TestResult } from './test-report.ts'
import type { Transcript } from './transcript.ts'

/** What carries a rule. */
export interface RuleRow extends Rule {
  readonly id: string
  /** As `region.state: event → target`. */
  readonly transitions: readonly string[]
  readonly functions: readonly Pick<RuleComment, 'path' | 'name'>[]
  readonly transcripts: readonly string[]
  /** Passed tests in which the rule holds. */
  readonly holding: readonly TestResult[]
  /** Passed tests in which a breach of it shows. */
  readonly breaches: readonly TestResult[]
  /** What it lacks; nothing where it is covered. */
  readonly lacks: readonly Lack[]
}

/** What a rule must have one of. */
export type Lack = 'a transition or function' | 'a holding test' | 'a breach test' | 'a transcript'

/** What the matrix is made from. */
export interface MatrixInput {
  readonly rules: { readonly [id: string]: Rule }
  readonly transitions: readonly { readonly label: string; readonly rules: readonly string[] }[]
  readonly functions: readonly RuleComment[]
  readonly transcripts: readonly Transcript[]
  readonly report: TestReport
}

/** Joins each rule with what carries it, in the order of the rules; everything inside is sorted. */
export function buildMatrix({ rules, transitions, functions, transcripts, report }: MatrixInput): RuleRow[] {
  const ids = Object.keys(rules)
  const carriers = new Map<string, TestResult[]>(ids.map((id) => [id, []]))
  for (const test of report.tests)
    if (counts(test)) for (const id of rulesIn(test.name, ids)) carriers.get(id)?.push(test)
  return Object.entries(rules).map(([id, rule]) => {
    const tests = sorted(carriers.get(id) ?? [], ({ file, name }) => `${file} ${name}`)
    const row = {
      id,
      ...rule,
      transitions: sorted(
        [...new Set(transitions.filter((one) => one.rules.includes(id)).map(({ label }) => label))],
        (label) => label,
      ),
      functions: sorted(
        functions.filter((one) => one.rule === id).map(({ path, name }) => ({ path, name })),
        ({ path, name }) => `${path} ${name}`,
      ),
      transcripts: transcripts.filter((one) => one.rules.includes(id)).map(({ name }) => name),
      holding: tests.filter(({ name }) => !showsBreach(name)),
      breaches: tests.filter(({ name }) => showsBreach(name)),
    }
    return { ...row, lacks: lacksOf(row) }
  })
}

/** Whether a breach of its rules shows in a test: its name has the word. */
export function showsBreach(name: string): boolean {
  return /\bbreach\b/i.test(name)
}

/**
 * Whether a test counts: it passed, and runs on every machine. Tests with a real Mosquitto, which have its name in
 * theirs, are no part of the matrix: it must be the same where Mosquitto is not installed. Nor are those that say in their
 * name that they need what a machine may not have.
 */
export function counts({ status, name }: TestResult): boolean {
  return status === 'passed' && !/mosquitto|where this machine (has|can)/i.test(name)
}

/** One line for each rule that is not covered. */
export function uncovered(rows: readonly RuleRow[]): string[] {
  return rows.flatMap(({ id, lacks }) => (lacks.length === 0 ? [] : [`${id} lacks ${lacks.join(', ')}`]))
}

function lacksOf({ transitions, functions, holding, breaches, transcripts }: Omit<RuleRow, 'lacks'>): Lack[] {
  return [
    ...(transitions.length + functions.length === 0 ? (['a transition or function'] as const) : []),
    ...(holding.length === 0 ? (['a holding test'] as const) : []),
    ...(breaches.length === 0 ? (['a breach test'] as const) : []),
    ...(transcripts.length === 0 ? (['a transcript'] as const) : []),
  ]
}

/** By code units, which no machine's language changes. */
function sorted<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
