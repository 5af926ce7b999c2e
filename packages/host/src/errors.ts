import type { ReportRefusal } from '@realer-device/core'

/**
 * Why a report was refused: the machine's reasons, `not-started` before `start()`, and `store-failed` where the store could
 * not keep it.
 */
export type ReportErrorCode = ReportRefusal | 'not-started' | 'store-failed'

/** A report was not taken: nothing of it is kept, and nothing of it is sent (PUB-3). */
export class ReportError extends Error {
  override readonly name = 'ReportError'
  readonly code: ReportErrorCode
  /** The argument at fault: `route`, `value`, `messageId` or `valueReceivedAt`; `store` for the store. */
  readonly field: string
  readonly messageId: string

  constructor(code: ReportErrorCode, field: string, messageId: string, message: string) {
    super(message)
    this.code = code
    this.field = field
    this.messageId = messageId
  }
}

/** What was wrong with a call of a device's method. */
export type DeviceUsageErrorCode =
  | 'already-started'
  | 'already-stopped'
  | 'handler-exists'
  | 'argument-invalid'

/** A method of a device was used wrongly: a mistake in the calling code. Nothing was changed by the call. */
export class DeviceUsageError extends Error {
  override readonly name = 'DeviceUsageError'
  readonly code: DeviceUsageErrorCode
  /** The argument or the method at fault. */
  readonly field: string

  constructor(code: DeviceUsageErrorCode, field: string, message: string) {
    super(message)
    this.code = code
    this.field = field
  }
}
