/** Why a document cannot be written. */
export type DocumentErrorCode =
  /** A chart, or its source, has a form that this package does not read. */
  | 'chart-unreadable'
  /** A source file has a form that this package does not read. */
  | 'source-unreadable'
  /** The test report is missing, or is not vitest's JSON. */
  | 'report-unreadable'

/** A document cannot be written; `field` names the state, the function or the file at fault. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code: DocumentErrorCode
  readonly field: string

  constructor(code: DocumentErrorCode, field: string, message: string) {
    super(`${field}: ${message}`)
    this.code = code
    this.field = field
  }
}
