/** Why an engine could not be asked. */
export type EnginesErrorCode =
  /** The engine is not installed. */
  | 'engine-missing'
  /** The engine ended in another way than with an answer. */
  | 'engine-failed'
  /** The engines that come from npm could not be installed. */
  | 'install-failed'
  /** A file of an earlier run is not what it should be. */
  | 'record-unreadable'

/** A run of the engines that cannot be made; `field` is the engine's or the file's name. */
export class EnginesError extends Error {
  override readonly name = 'EnginesError'
  readonly code: EnginesErrorCode
  readonly field: string

  constructor(code: EnginesErrorCode, field: string, message: string) {
    super(`${field}: ${message}`)
    this.code = code
    this.field = field
  }
}
