import type { Diagnostic, RuleId } from '@realer-device/core'

/** Tells an operator something that the host itself, and not the machine, has found. */
export type Diagnose = (
  level: Diagnostic['level'],
  code: HostDiagnosticCode,
  message: string,
  rule: RuleId,
  field?: string,
) => void

/** What was thrown, in words. */
export function faultText(thrown: unknown): string {
  return thrown instanceof Error
    ? `${thrown.name}: ${thrown.message}`
    : 'something that is no error was thrown'
}

/** The codes of the host's own diagnostics. */
export type HostDiagnosticCode =
  | 'client-failed'
  | 'command-late'
  | 'handler-failed'
  | 'handler-missing'
  | 'link-unusable'
  | 'listener-failed'
  | 'message-not-utf8'
  | 'message-shows-secret'
  | 'report-refused'
  | 'store-failed'
  | 'subscribe-impossible'
  | 'value-unreadable'
