/** What a device process is told for one life, in its environment: the client's secret is no argument. */
export interface LifeOrder {
  readonly apiUrl: string
  readonly ca: string
  readonly deviceId: string | number
  readonly clientId: string
  readonly clientSecret: string
  readonly routes: { readonly [name: string]: string }
  readonly store: { readonly kind: StoreKind; readonly path: string }
  /** The end by its own hand at a write of the store; null: it lives until it is killed or told to stop. */
  readonly dieAt: { readonly write: number; readonly when: 'before' | 'after' } | null
  /** Where the actuators stand: they outlive the process. */
  readonly house: { readonly [route: string]: string }
  /** The values that it reads one after the other. */
  readonly readings: readonly string[]
}

/** The stores that the crash tests know; `late` and `forgetful` break the contract. */
export type StoreKind = 'file' | 'sqlite' | 'late' | 'forgetful'

/**
 * What a device process tells of its life, a line of NDJSON each. A line has left the process before what it tells of goes
 * on: what was told is true, whenever the process ends.
 */
export type LifeLine =
  | { readonly line: 'online' }
  /** `report()` has taken it, and it is on the store. */
  | { readonly line: 'kept'; readonly messageId: string; readonly route: string }
  /** The device itself has taken it: a value read after the way online, an outcome, or what an earlier life has left. */
  | { readonly line: 'taken'; readonly messageId: string; readonly route: string }
  /** The actuator moves now. */
  | {
      readonly line: 'moves'
      readonly desiredId: string
      readonly route: string
      readonly value: string
      readonly sequenceNumber: number
    }
  | { readonly line: 'settled'; readonly messageId: string; readonly result: string; readonly status: string }
  /** All readings are taken, and nothing waits in the outbox. */
  | { readonly line: 'idle' }
  | { readonly line: 'stopped' }
