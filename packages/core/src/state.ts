import type { SessionContext } from './session/context.ts'

/** A statechart's position: a state's name, or the position in each region. */
export type StateValue = string | { readonly [region: string]: StateValue }

/** A device's whole state: plain JSON, no secrets, safe to store and to show (CRED-3, CORE-6). */
export interface DeviceState {
  readonly value: StateValue
  readonly context: SessionContext
}
