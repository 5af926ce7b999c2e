import type { ClientBench } from './bench.ts'

/** A case of the kit before it has a setup. */
export interface ClientCase {
  readonly clauses: readonly string[]
  /** What it shows, in words. */
  readonly shows: string
  run(bench: ClientBench): Promise<void>
}
