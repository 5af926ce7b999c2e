export {
  type Command,
  type CommandHandler,
  type CommandResult,
  type CommandSignal,
  ConfigError,
  type CreateDeviceOptions,
  createDevice,
  type Device,
  type DeviceEventName,
  type DeviceEvents,
  DeviceUsageError,
  type DeviceUsageErrorCode,
  type LinkPlatform,
  type Platform,
  ReportError,
  type ReportErrorCode,
  type ReportOptions,
  type ReportOutcome,
  type ReportReceipt,
  type ReportSettlement,
  type Snapshot,
  SnapshotError,
  type StartOptions,
  type StepTrace,
  type Store,
  StoreError,
  type StoreErrorCode,
} from '@realer-device/host'
export { type ConnectDeviceOptions, connectDevice } from './connect-device.ts'
export { openFileStore } from './file-store.ts'
export { nodePlatform } from './platform.ts'
export { nodeTcpLink, type TcpLinkOptions } from './tcp-link.ts'
export type { CaOption } from './trust.ts'
