import type { CommandOutcome } from '../effect.ts'
import type { JsonValue } from '../json.ts'

/** Where a command stands; the chart is `commandMachine`. */
export type CommandState = 'waiting' | 'running' | 'asking' | 'answered'

/** One desired state on its way to an outcome (DES-1). */
export interface Command {
  readonly desiredId: string
  readonly value: JsonValue
  /** Null where the message was malformed and only its `desired_id` could be read (DES-10). */
  readonly sequenceNumber: number | null
  /** Monotonic ms until which it may start (DES-2). */
  readonly windowEndsAt: number
  readonly state: CommandState
  /** Known from the moment that it is decided, so before the physical value is read. */
  readonly outcome: CommandOutcome | null
}

/** What a route remembers of its commands. */
export interface RouteCommands {
  /** The highest accepted sequence number; null before the first (DES-3). */
  readonly highestSequence: number | null
  /** Not answered yet: one running, one waiting, some that wait for the physical value (DES-8). */
  readonly open: readonly Command[]
  /** The ids that came last, oldest first, however they ended: none of them starts again (DES-4). */
  readonly recentIds: readonly string[]
  /** The newest answered one and its report, to be sent again if the cloud asks again (DES-4). */
  readonly lastOutcome: {
    readonly desiredId: string
    readonly sequenceNumber: number | null
    readonly outcome: CommandOutcome
    readonly messageId: string
    readonly payload: string
  } | null
}
