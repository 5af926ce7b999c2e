import type { ContractCase, LeftOutCase } from './contract.ts'

/** A case of a kit before it has a setup. */
export interface KitCase<Bench, Need extends string> {
  readonly clauses: readonly string[]
  /** What it shows, in words. */
  readonly shows: string
  /** What not every setup gives. */
  readonly needs?: readonly Need[]
  run(bench: Bench): Promise<void>
}

/** What a setup may leave away, or say `false` to. */
type Partly<Need extends string> = { readonly [Name in Need]?: unknown }

/** The cases for a setup, and those that are left out for it. */
export interface SortedCases {
  readonly cases: ContractCase[]
  readonly leftOut: LeftOutCase[]
}

/** Sorts a kit's cases by what a setup gives. `onBench` runs one. */
export function sortCases<Bench, Need extends string>(
  all: readonly KitCase<Bench, Need>[],
  setup: Partly<Need>,
  onBench: (run: (bench: Bench) => Promise<void>) => Promise<void>,
): SortedCases {
  const sorted: SortedCases = { cases: [], leftOut: [] }
  for (const { clauses, shows, needs = [], run } of all) {
    const name = `${clauses.join(' ')}: ${shows}`
    const lacks = needs.filter((need) => setup[need] === undefined || setup[need] === false)
    if (lacks.length === 0) sorted.cases.push({ name, clauses, run: () => onBench(run) })
    else sorted.leftOut.push({ name, clauses, why: `the setup does not give ${lacks.join(' and ')}` })
  }
  return sorted
}
