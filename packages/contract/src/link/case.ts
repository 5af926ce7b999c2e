import type { LinkBench } from './bench.ts'
import type { LinkSetup } from './setup.ts'

/** What a setup may lack. */
export type LinkNeed =
  | 'listenUntrusted'
  | 'listenAsAnother'
  | 'listenWithoutTls'
  | 'listenSilently'
  | 'closedAddress'
  | 'tellsTls'

/** A case of the kit before it has a setup. */
export interface LinkCase {
  readonly clauses: readonly string[]
  /** What it shows, in words. */
  readonly shows: string
  readonly needs?: readonly LinkNeed[]
  run(bench: LinkBench): Promise<void>
}

/** Whether the setup gives it. */
export function gives(setup: LinkSetup, need: LinkNeed): boolean {
  return need === 'tellsTls' ? setup.tellsTls !== false : setup[need] !== undefined
}
