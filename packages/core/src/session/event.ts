import type { DeviceConfig } from '../config.ts'
import type { Moment, TimedEvent } from '../event.ts'
import type { SessionContext } from './context.ts'
import type { SessionSignal } from './signal.ts'

/** What the session's machine is sent: what happened outside, and its regions' signals to each other. */
export type SessionEvent = TimedEvent | (SessionSignal & Moment)

/** What a session starts with. */
export interface SessionInput extends Moment {
  readonly config: DeviceConfig
  /** What an earlier process kept; absent or null for a device that begins (CORE-6). */
  readonly kept?: Kept | null
}

/** What outlives a process, read from a snapshot (PUB-9, DES-9). */
export interface Kept extends Pick<SessionContext, 'lastId' | 'reports' | 'commands'> {
  /** Whether the monotonic clock went on, or began anew, so that no window can be measured (DES-2). */
  readonly clock: 'continued' | 'restarted'
}
