import type { Clock, Store } from '@realer-device/host'

/**
 * What the kit needs to try a store: places to open one at. What is optional is for what not every store can do; a case
 * that needs what is not given is left out, and `storeCasesLeftOut` names it.
 */
export interface StoreSetup {
  /** Somewhere that no store was at before. */
  newPlace(): StorePlace | Promise<StorePlace>
  /** Somewhere that no store was at before, whose room the kit can take away. */
  newTightPlace?(): TightPlace | Promise<TightPlace>
  /** Whether a second store at a place is refused while the first is open. Default: true, as the contract says. */
  readonly refusesSecond?: boolean
  /** Whether its places say how much room they take. Default: false. */
  readonly tellsSize?: boolean
  /** The time that the kit waits by. Default: the engine's timers. */
  readonly clock?: Clock
  /** How long the kit waits for the promise of one call, in ms. Default: 10,000. */
  readonly limitMs?: number
}

/** Where a store is kept: a path, a name, a block of flash. */
export interface StorePlace {
  /** Opens the store of this place. Throws or rejects with what the store's own function does. */
  open(): Store | Promise<Store>
  /** How many bytes the place takes now. */
  sizeBytes?(): number | Promise<number>
  /** Called at the end of a case, when its stores are closed. */
  remove?(): void | Promise<void>
}

/** A place that can be without room. */
export interface TightPlace extends StorePlace {
  /** Takes the room away: no write of more than some KiB succeeds any more. */
  fill(): void | Promise<void>
  /** Gives the room back. */
  makeRoom(): void | Promise<void>
}
