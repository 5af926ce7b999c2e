import type { LedgerEntry, Sandbox } from '@realer-device/sandbox'
import type { Timeline } from './timeline.ts'

/** Puts what the sandbox's ledger notes on the time line. */
export function tellCloud(sandbox: Sandbox, timeline: Timeline): void {
  sandbox.ledger.on((entry) => {
    const text = describeEntry(entry)
    if (text !== null) timeline.tell('cloud', text, isBad(entry) ? 'bad' : 'plain')
  })
}

/** A ledger entry in a few words; null for what is too small to tell. */
export function describeEntry(entry: LedgerEntry): string | null {
  switch (entry.kind) {
    case 'http':
      return `${entry.purpose} call: ${entry.status ?? entry.outcome}`
    case 'connect':
      return entry.outcome === 'accepted'
        ? 'CONNECT accepted'
        : `CONNECT ${entry.outcome}${reason(entry.reasonCode)}`
    case 'subscribe':
      return entry.reasonCode < 0x80 ? null : `SUBSCRIBE refused${reason(entry.reasonCode)}`
    case 'desired':
      return `desired state on ${entry.route} (sequence ${entry.sequenceNumber ?? 'unknown'}): ${entry.delivery}`
    case 'acknowledgement':
      return `acknowledgement on ${entry.route}: ${entry.status}${entry.delivery === 'sent' ? '' : ` (${entry.delivery})`}`
    case 'report':
      return `command on ${entry.route} reported ${entry.outcome}`
    case 'executed':
      return `the ${entry.route} moved to ${entry.value}`
    case 'disconnect':
      return `session ended: ${entry.how}${reason(entry.reasonCode)}`
    case 'credential-ended':
      return `credential ended: ${entry.why}`
    case 'revocation':
      return 'token revoked'
    case 'violation':
      return `rule ${entry.rule} broken: ${entry.detail}`
    case 'http-request':
    case 'publish':
    case 'credential-issued':
    case 'fault':
    case 'observed':
      return null
  }
}

function isBad(entry: LedgerEntry): boolean {
  if (entry.kind === 'violation') return true
  if (entry.kind === 'http') return entry.status === null || entry.status >= 400
  return entry.kind === 'connect' && entry.outcome !== 'accepted'
}

function reason(code: number | null): string {
  return code === null ? '' : ` (0x${code.toString(16).padStart(2, '0')})`
}
