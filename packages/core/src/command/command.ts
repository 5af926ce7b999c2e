import type { CommandOutcome } from '../effect.ts'
import type { JsonValue } from '../json.ts'

/** Where a command stands; the chart is `commandMachine`. */
export type CommandState = 'arriving' | 'waiting' | 'running' | 'asking' | 'answered' | 'dropped'

/** One desired state on its way to an outcome (DES-1). */
export interface Command {
  readonly desiredId: string
  readonly value: JsonValue
  /** Null where the message was malformed and only its `desired_id` could be read (DES-10). */
  readonly sequenceNumber: number | null
  /** Monotonic ms until which it may start (DES-2). */
  readonly windowEndsAt: number
  readonly state: CommandState
  /** Why its physical value is asked for; null before. With `interrupted`, the value decides the outcome (DES-12). */
  readonly because: 'stale' | 'rejected' | 'interrupted' | null
  /** Monotonic ms of the end of its window, of its run, or of the wait for its value. */
  readonly dueAt: number
}

/** How a command ended, and the report that told it. */
export interface KnownOutcome {
  readonly desiredId: string
  readonly outcome: CommandOutcome
  readonly messageId: string
  readonly payload: string
}

/** What a route remembers of its commands. */
export interface RouteCommands {
  /** The highest accepted sequence number; null before the first (DES-3). */
  readonly highestSequence: number | null
  /** Not answered yet: one running, one waiting, some that wait for the physical value (DES-8). */
  readonly open: readonly Command[]
  /** The ids that came last, oldest first, however they ended: none of them starts again (DES-4). */
  readonly recentIds: readonly string[]
  /** The ones answered last and their reports, to be sent again if the cloud asks again (DES-4, DES-9). */
  readonly outcomes: readonly KnownOutcome[]
  /** The value of the route's last report; null where none is known to be with the cloud (PUB-11). */
  readonly lastReported: { readonly value: JsonValue } | null
  /** The id of the reading that the host was asked for, or null (PUB-11). */
  readonly reading: string | null
}
