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
} from '@realer-device/host'
export type { BrokerAddress } from './broker-address.ts'
export { webClock } from './clock.ts'
export { type FetchCallerOptions, fetchCaller } from './fetch-caller.ts'
export type { ByteReadable, ByteReader, FetchAnswer, FetchInit, FetchLike } from './fetch-types.ts'
export { type WebPlatformOptions, webPlatform } from './platform.ts'
export { type WebSocketLinkOptions, webSocketLink } from './socket-link.ts'
export { type WebStreamLinkOptions, webStreamLink } from './stream-link.ts'
export type { ByteStreams, ByteWritable, ByteWriter, ConnectStreams } from './stream-types.ts'
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'
