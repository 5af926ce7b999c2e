import type { KitCase } from '../kit.ts'
import type { CallerBench } from './bench.ts'

/** What a setup may lack. */
export type CallerNeed =
  | 'listenUntrusted'
  | 'listenAsAnother'
  | 'listenWithoutTls'
  | 'listenSilently'
  | 'closedAddress'
  | 'tellsTls'
  | 'showsRedirects'

/** A case of the HTTPS caller kit. */
export type CallerCase = KitCase<CallerBench, CallerNeed>
