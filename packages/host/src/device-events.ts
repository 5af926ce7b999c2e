import type {
  CommandOutcome,
  DeviceEvent,
  DeviceState,
  Diagnostic,
  Effect,
  ReportResult,
  RuleId,
  SafeReason,
  StopReason,
  Verdict,
} from '@realer-device/core'

/**
 * One step of the machine, for traces: plain JSON without secrets, a line of NDJSON each. The step with number 0 is the
 * start; its event is null.
 */
export interface StepTrace {
  readonly n: number
  /** Monotonic ms. */
  readonly now: number
  readonly random: number
  /** The time of day, ISO 8601 UTC. */
  readonly wallClock: string
  readonly event: DeviceEvent | null
  readonly effects: readonly Effect[]
  /** The machine's state value after the step. */
  readonly value: DeviceState['value']
  readonly verdict: Verdict
  readonly rules: readonly RuleId[]
}

/** The end of a report, as the `report` event tells it. */
export interface ReportSettlement {
  readonly messageId: string
  readonly route: string
  readonly result: ReportResult
  /** The acknowledgement's status, or why there was none. */
  readonly status: string
  readonly errorType: string | null
  /** The desired state that the report answered; null for a report of the host's own. */
  readonly desiredId: string | null
}

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>

/** The events of a device, by name. */
export interface DeviceEvents {
  /** The session is online: reports go out and commands come in (SUB-2). */
  online: Pick<EffectOf<'announceOnline'>, 'after'>
  /** The session is not online any more. This alone is no reason to behave safe (SAFE-3). */
  offline: Pick<EffectOf<'announceOffline'>, 'because'>
  /** Enter or leave local safe behaviour (SAFE-1). `reason` is null on leaving. */
  safe: { readonly entered: boolean; readonly reason: SafeReason | 'storeFailed' | null }
  /** A command's outcome is known, and its report is in the outbox. */
  command: { readonly route: string; readonly desiredId: string; readonly outcome: CommandOutcome }
  /** A report is settled, told once (PUB-2); those of commands too. */
  report: ReportSettlement
  /** A line for an operator. */
  diagnostic: Diagnostic
  /**
   * The device has stopped for good (STOP-1). `storeFailed`: nobody asked for it, but the store could not be written; it
   * stopped at once, as if the power had gone, and what was kept before is in the store.
   */
  stopped: { readonly reason: StopReason | 'storeFailed'; readonly revoked: boolean }
  /** The machine made a step; its effects are carried out after this. What must survive is in the store, if there is one. */
  step: StepTrace
}

/** The name of a device's event. */
export type DeviceEventName = keyof DeviceEvents

/** Every event's name, for a check at the door. */
export const deviceEventNames: { readonly [Name in DeviceEventName]: true } = {
  online: true,
  offline: true,
  safe: true,
  command: true,
  report: true,
  diagnostic: true,
  stopped: true,
  step: true,
}
