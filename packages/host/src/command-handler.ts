import type { JsonValue } from '@realer-device/core'

/** A desired state that is to be executed now (DES-1, DES-2). */
export interface Command {
  readonly desiredId: string
  readonly route: string
  /** The desired value; a string unless the source's contract says otherwise. */
  readonly value: JsonValue
  readonly sequenceNumber: number
  /** What was left of the execution window when the command was started, in ms. */
  readonly windowMs: number
  /** The end of the window on the platform's monotonic clock. */
  readonly deadlineAt: number
  /** Aborted when the device is told to stop, or when the command has run for `timing.commandTimeoutMs`. */
  readonly signal: CommandSignal
}

/** Tells one running command that it is to end. The part of the web's AbortSignal that every engine can have. */
export interface CommandSignal {
  readonly aborted: boolean
  /** Calls the listener when it is aborted; at once, where it already is. */
  onAbort(listener: () => void): void
}

/** How a handler answers a command: nothing at all stands for `applied`. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is meant
export type CommandResult = 'applied' | 'rejected' | void

/** What a device does on a command route. */
export interface CommandHandler {
  /**
   * Executes the command, or refuses it with `rejected` (DES-6, DES-7). An exception counts as `rejected`. One command
   * runs at a time per route: the next one waits until the promise is settled (DES-8), or until the command has run for
   * `timing.commandTimeoutMs`. Then its signal aborts, its answer counts no more, and `currentValue` decides.
   */
  execute(command: Command): CommandResult | Promise<CommandResult>
  /**
   * The physical value now: a string, unless `valueContract` is `json`. It goes into the report, whatever the command
   * asked for (PUB-10). An exception means that the value is not known: then the command stays unanswered. It is read
   * after every way back online as well, and reported where it is another than the last one reported (PUB-11).
   */
  currentValue(): JsonValue | Promise<JsonValue>
  /**
   * Whether a command that was running when the device went down may run again after the restart, within its window.
   * Default false: then the physical value decides what is reported (DES-12).
   */
  readonly repeatable?: boolean
}
