import type { DeviceState, JsonValue, Snapshot, StopReason } from '@realer-device/core'
import type { CommandHandler } from './command-handler.ts'
import type { DeviceEventName, DeviceEvents } from './device-events.ts'
import type { ReportOptions, ReportReceipt } from './reports.ts'

/** A device of Realer's cloud: it starts once, and stops once. */
export interface Device {
  /**
   * Starts the session: from the platform's store, from a snapshot of an earlier process (CORE-6), or afresh. Throws
   * {@link DeviceUsageError} `already-started`, `already-stopped` or `argument-invalid`, {@link SnapshotError} where the
   * snapshot cannot be used, and {@link StoreError} where the store cannot be read or written; then nothing has happened,
   * and the device can still be started.
   */
  start(options?: StartOptions): void
  /**
   * Offers a local physical event (PUB-3, PUB-6). Never throws: a report that is not taken rejects `settled`, and is a
   * diagnostic. It is kept while offline or safe (SAFE-2), in the store and in every `snapshot()` until it settles.
   *
   * @param route the firmware's name of the route, see `routes`
   * @param value the observed value: a string, unless `valueContract` is `json`
   */
  report(route: string, value: JsonValue, options?: ReportOptions): ReportReceipt
  /**
   * Declares what is done on a command route. Only before `start()`. Throws {@link DeviceUsageError} `already-started`,
   * `handler-exists` or `argument-invalid`.
   */
  onCommand(route: string, handler: CommandHandler): void
  /** Listens to an event; the returned function ends that. Throws {@link DeviceUsageError} `argument-invalid`. */
  on<Name extends DeviceEventName>(name: Name, listener: (event: DeviceEvents[Name]) => void): () => void
  /**
   * Stops for good: no new commands, DISCONNECT, token revoked, bounded by `timing.stopTimeoutMs` (STOP-1, AUTH-7).
   * With `compromise` all of it at once, and the secrets are dropped; that may follow another stop that is under way
   * (STOP-2). Resolves when it has stopped and its store is closed; every call gets the same promise. Rejects with
   * {@link DeviceUsageError} `argument-invalid` for an unknown reason. Default `shutdown`.
   */
  stop(options?: { readonly reason?: StopReason }): Promise<{ readonly revoked: boolean }>
  /** The message ids of the reports in the outbox, oldest first; those of a resumed snapshot too. */
  pending(): readonly string[]
  /**
   * What must survive a restart: the outbox, and what is known of the command routes. Plain JSON without secrets, for
   * `start({ resume })` in another process (CORE-6, PUB-9, DES-9), after the stop too; null before `start()`.
   */
  snapshot(): Snapshot | null
  /** The machine's whole state, plain JSON without secrets; null before `start()`. */
  state(): DeviceState | null
}

/** How a device starts. */
export interface StartOptions {
  /**
   * A snapshot of this device, as `snapshot()` gave it and JSON has carried it. Its reports are pending again and settle
   * through the event `report`: their promises ended with the process that offered them. Not with a store, which has one.
   * Default: none.
   */
  readonly resume?: unknown
  /**
   * What became of the platform's monotonic clock since the snapshot. `continued`: the same clock, so that windows of
   * commands that wait still run. `restarted`: another one, so that they all count as over (DES-2, DES-5). Default: what
   * the store and `clock.origin` tell, else `restarted`.
   */
  readonly clock?: 'continued' | 'restarted'
}
