export { ConfigError, type JsonValue, type Snapshot, SnapshotError } from '@realer-device/core'
export { type Address, readAddress } from './address.ts'
export { type HttpsCaller, type HttpsOutcome, type HttpsRequest, LARGEST_BODY_BYTES } from './caller.ts'
export type { Command, CommandHandler, CommandResult, CommandSignal } from './command-handler.ts'
export { createDevice } from './create-device.ts'
export type { Device, StartOptions } from './device.ts'
export type { DeviceEventName, DeviceEvents, ReportSettlement, StepTrace } from './device-events.ts'
export type { HostDiagnosticCode } from './diagnostics.ts'
export { DeviceUsageError, type DeviceUsageErrorCode, ReportError, type ReportErrorCode } from './errors.ts'
export {
  LINK_HIGH_WATER_BYTES,
  type Link,
  type LinkCloseCause,
  type LinkEnd,
  type LinkEvents,
  type LinkTarget,
  linkEnds,
  type OpenLink,
} from './link.ts'
export type {
  MqttClientEvents,
  MqttConnection,
  MqttConnectRequest,
  MqttInbound,
  OpenMqtt,
} from './mqtt-client.ts'
export type { CreateDeviceOptions } from './options.ts'
export type { Clock, LinkPlatform, MqttPlatform, Platform, PlatformParts } from './platform.ts'
export type { ReportOptions, ReportOutcome, ReportReceipt } from './reports.ts'
export { retryAfterSeconds } from './retry-after.ts'
export { type Store, type StoreChange, StoreError, type StoreErrorCode } from './store.ts'
export { readChanges, type StoreText } from './store-changes.ts'
