export { ConfigError, type Snapshot, SnapshotError } from '@realer-device/core'
export type { Command, CommandHandler, CommandResult, CommandSignal } from './command-handler.ts'
export { createDevice } from './create-device.ts'
export type { Device, StartOptions } from './device.ts'
export type { DeviceEventName, DeviceEvents, ReportSettlement, StepTrace } from './device-events.ts'
export type { HostDiagnosticCode } from './diagnostics.ts'
export { DeviceUsageError, type DeviceUsageErrorCode, ReportError, type ReportErrorCode } from './errors.ts'
export type { CreateDeviceOptions } from './options.ts'
export type {
  Clock,
  HttpsCaller,
  HttpsOutcome,
  HttpsRequest,
  Link,
  LinkCloseCause,
  LinkEvents,
  LinkTarget,
  OpenLink,
  Platform,
} from './platform.ts'
export type { ReportOptions, ReportOutcome, ReportReceipt } from './reports.ts'
