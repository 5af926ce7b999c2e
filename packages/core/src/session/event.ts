import type { DeviceConfig } from '../config.ts'
import type { Moment, TimedEvent } from '../event.ts'
import type { SessionSignal } from './signal.ts'

/** What the session's machine is sent: what happened outside, and its regions' signals to each other. */
export type SessionEvent = TimedEvent | (SessionSignal & Moment)

/** What a session starts with. */
export interface SessionInput extends Moment {
  readonly config: DeviceConfig
}
