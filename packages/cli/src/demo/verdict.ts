import type { LedgerSummary } from '@realer-device/sandbox'
import type { Counts } from './witness.ts'

/** What `demo --json` prints as its last line. */
export interface DemoResult {
  readonly settled: { readonly done: number; readonly failed: number; readonly unconfirmed: number }
  /** Reports that the device still held at the end. */
  readonly pending: number
  /** Physical events that the ledger knows neither as settled nor as pending. */
  readonly lost: number
  readonly commands: {
    readonly applied: number
    readonly rejected: number
    readonly stale: number
    /** Commands that the ledger saw executed twice. */
    readonly executedTwice: number
  }
  readonly renewals: number
  readonly reconnects: number
  readonly safe: { readonly entered: number; readonly left: number }
  readonly revoked: boolean
  /** How often a secret stands in anything that was written or traced. */
  readonly secretsSeen: number
  readonly broker: 'embedded' | 'mosquitto'
}

/** Puts the ledger's findings and the device's own count together. */
export function resultOf(
  counts: Counts,
  summary: LedgerSummary,
  rest: Pick<DemoResult, 'pending' | 'secretsSeen' | 'broker'>,
): DemoResult {
  const { applied, rejected, stale, executedTwice } = summary.commands
  return {
    settled: { ...counts.settled },
    pending: rest.pending,
    lost: summary.lost.length,
    commands: { applied, rejected, stale, executedTwice: executedTwice.length },
    renewals: counts.renewals,
    reconnects: counts.reconnects,
    safe: { ...counts.safe },
    revoked: summary.revoked,
    secretsSeen: rest.secretsSeen,
    broker: rest.broker,
  }
}

/** What is wrong with the day, a sentence each; nothing where all is well. */
export function faultsOf(result: DemoResult, summary: LedgerSummary): string[] {
  const { accepted, conflict, rejected, error } = summary.settled
  const checks: [boolean, string][] = [
    [result.lost === 0, `the ledger misses ${result.lost} reports: ${summary.lost.join(', ')}`],
    [result.pending === 0, `the device still holds ${result.pending} reports`],
    [result.commands.executedTwice === 0, `executed twice: ${summary.commands.executedTwice.join(', ')}`],
    [summary.commands.unanswered === 0, `${summary.commands.unanswered} commands have no answer`],
    [result.secretsSeen === 0, `secrets stand in the output ${result.secretsSeen} times`],
    [
      result.settled.done === accepted,
      `the device counts ${result.settled.done} reports as done, the ledger ${accepted}`,
    ],
    [
      result.settled.failed === conflict + rejected + error,
      `the device counts ${result.settled.failed} reports as failed, the ledger ${conflict + rejected + error}`,
    ],
    [result.revoked, 'the token was not revoked'],
    [summary.takeovers === 0, `${summary.takeovers} connections were taken over: two stood at one time`],
    [
      summary.violations.length === 0,
      `rules broken: ${summary.violations.map(({ rule, detail }) => `${rule} (${detail})`).join(', ')}`,
    ],
  ]
  return checks.flatMap(([holds, complaint]) => (holds ? [] : [complaint]))
}
