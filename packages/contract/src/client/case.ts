import type { KitCase } from '../kit.ts'
import type { ClientBench } from './bench.ts'

/** What a setup may lack. */
export type ClientNeed = 'listenUntrusted' | 'listenSilently'

/** A case of the client kit. */
export type ClientCase = KitCase<ClientBench, ClientNeed>
