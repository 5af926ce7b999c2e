export type { DesiredOrder, DesireOptions } from './desired.ts'
export type { SandboxRoute } from './device.ts'
export type * from './entries.ts'
export { SandboxError, type SandboxErrorCode } from './errors.ts'
export type {
  AcknowledgementFault,
  ConnectFault,
  DesiredFault,
  Fault,
  FaultAnswer,
  FaultPatch,
  FaultPlace,
  Faults,
  HttpFault,
  Json,
  Nack,
  PublishFault,
  SubscribeFault,
} from './faults.ts'
export type { Ledger, UntilOptions } from './ledger.ts'
export type { BrokerLimits, Lifetimes, SandboxOptions } from './options.ts'
export { type Sandbox, startSandbox } from './sandbox.ts'
export { SCOPES, type Scope } from './scopes.ts'
export type { LedgerSummary, SummaryOptions } from './summary.ts'
