import type { KitCase } from '../kit.ts'
import type { StoreBench } from './bench.ts'

/** What a setup may lack. */
export type StoreNeed = 'newTightPlace' | 'refusesSecond' | 'tellsSize'

/** A case of the store kit. */
export type StoreCase = KitCase<StoreBench, StoreNeed>
