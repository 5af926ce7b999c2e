import type { StoreBench } from './bench.ts'

/** What a setup may lack. */
export type StoreNeed = 'newTightPlace' | 'refusesSecond' | 'tellsSize'

/** A case of the store kit, before it has a setup. */
export interface StoreCase {
  readonly clauses: readonly string[]
  /** What it shows, in words. */
  readonly shows: string
  readonly needs?: readonly StoreNeed[]
  run(bench: StoreBench): Promise<void>
}
