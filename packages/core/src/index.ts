export {
  callFailed,
  type HttpAnswer,
  type IssuedSecret,
  type ReadAnswer,
  readAnswer,
} from './answer/read-answer.ts'
export type { Catalog, CatalogLimits, CredentialEndpoint, Route } from './catalog/catalog.ts'
export { findRoute, handledRoutes } from './catalog/route-name.ts'
export type { Command, CommandState, RouteCommands } from './command/command.ts'
export { commandMachine } from './command/machine.ts'
export type { DeviceConfig, Limits, Timing, WillOptions } from './config.ts'
export type {
  CallEffect,
  CallPurpose,
  CommandOutcome,
  ConnectEffect,
  Diagnostic,
  Effect,
  ReportRefusal,
  ReportResult,
  SafeReason,
  SecretRef,
} from './effect.ts'
export type {
  CallEvent,
  CallFailure,
  CloseCause,
  DeviceEvent,
  HostEvent,
  Moment,
  MqttEvent,
  Observation,
  StopReason,
  TimedEvent,
  TimerEvent,
} from './event.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { type AcknowledgementStatus, acknowledgementStatuses } from './payload/acknowledgement.ts'
export { ConfigError, type DeviceOptions, defaultLimits, defaultTiming, readConfig } from './read-config.ts'
export { reportMachine } from './report/machine.ts'
export type { Report, ReportState } from './report/report.ts'
export { type RuleId, ruleIds } from './rule.ts'
export type { Connection, SessionContext, Token, Tuple } from './session/context.ts'
export { deviceMachine } from './session/machine.ts'
export { persist, type Snapshot, SnapshotError } from './snapshot.ts'
export type { DeviceState, StateValue } from './state.ts'
export { initial, type ResumeInput, resume, type Step, type StepInput, step, type Verdict } from './step.ts'
export { type RunningTimer, type TimerName, timers } from './timer.ts'
