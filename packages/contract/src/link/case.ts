import type { KitCase } from '../kit.ts'
import type { LinkBench } from './bench.ts'

/** What a setup may lack. */
export type LinkNeed =
  | 'listenUntrusted'
  | 'listenAsAnother'
  | 'listenWithoutTls'
  | 'listenSilently'
  | 'closedAddress'
  | 'tellsTls'

/** A case of the link kit. */
export type LinkCase = KitCase<LinkBench, LinkNeed>
