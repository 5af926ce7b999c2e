import type { AcknowledgementStatus, CommandOutcome, LedgerEntry, LedgerEntryOf } from './entries.ts'
import { REASON } from './reason-codes.ts'

/** What the device says it still holds. */
export interface SummaryOptions {
  /** Message ids that wait in the device's outbox: not lost. */
  pendingMessageIds?: Iterable<string>
}

/** The ledger added up. A list is empty where all is well. */
export interface LedgerSummary {
  /** Distinct messages (route and message id) that reached the application. */
  received: number
  /** Distinct messages by their settlement: `replayed` counts as `accepted`; a retryable refusal settles nothing. */
  settled: { accepted: number; conflict: number; rejected: number; error: number }
  /** Acknowledgements made, by status word. */
  acknowledgements: Record<AcknowledgementStatus, number>
  /** Message ids observed in the physical world that were never settled and are not pending. */
  lost: string[]
  /** Message ids accepted without a desired id that no one observed (empty where `observed` is never called). */
  unobserved: string[]
  commands: {
    /** Desired ids by the outcome first reported. */
    applied: number
    rejected: number
    stale: number
    /** Desired ids that were sent and have no accepted report. */
    unanswered: number
    /** Desired ids physically executed more than once, or reported applied under two message ids. */
    executedTwice: string[]
  }
  /** CONNECTs accepted. */
  connects: number
  /** CONNECTs accepted with another credential than the one before. */
  renewals: number
  /** Sessions that a new CONNECT of the same device ended (CONN-6: a device has one connection at most). */
  takeovers: number
  violations: LedgerEntryOf<'violation'>[]
  /** Whether the device revoked its token. */
  revoked: boolean
}

/** Adds up a ledger. */
export function summarise(entries: readonly LedgerEntry[], options: SummaryOptions = {}): LedgerSummary {
  const pending = new Set(options.pendingMessageIds ?? [])
  const acknowledgements = { accepted: 0, replayed: 0, conflict: 0, rejected: 0, error: 0 }
  const received = new Set<string>()
  const settlement = new Map<string, 'accepted' | 'conflict' | 'rejected' | 'error'>()
  const observed = new Map<string, string>()
  const local = new Map<string, string>()
  for (const entry of entries) {
    if (entry.kind === 'observed') observed.set(keyOf(entry.route, entry.messageId), entry.messageId)
    if (entry.kind !== 'acknowledgement') continue
    acknowledgements[entry.status] += 1
    if (entry.messageId === null) continue
    const key = keyOf(entry.route, entry.messageId)
    received.add(key)
    const settles = entry.status === 'accepted' || entry.status === 'replayed' || !entry.retryable
    const status = entry.status === 'replayed' ? 'accepted' : entry.status
    // An accepted message stays accepted, whatever comes under its id later.
    if (settles && settlement.get(key) !== 'accepted') settlement.set(key, status)
    if (entry.status === 'accepted' && entry.desiredId === undefined) local.set(key, entry.messageId)
  }
  const settled = { accepted: 0, conflict: 0, rejected: 0, error: 0 }
  for (const status of settlement.values()) settled[status] += 1
  return {
    received: received.size,
    settled,
    acknowledgements,
    lost: [...observed].filter(([key, id]) => !settlement.has(key) && !pending.has(id)).map(([, id]) => id),
    unobserved:
      observed.size === 0 ? [] : [...local].filter(([key]) => !observed.has(key)).map(([, id]) => id),
    commands: summariseCommands(entries),
    ...summariseSessions(entries),
    violations: entries.filter((entry) => entry.kind === 'violation'),
    revoked: entries.some((entry) => entry.kind === 'revocation' && entry.knownToken),
  }
}

function summariseCommands(entries: readonly LedgerEntry[]): LedgerSummary['commands'] {
  const sent = new Set<string>()
  const outcomes = new Map<string, CommandOutcome>()
  const appliedUnder = new Map<string, Set<string>>()
  const executions = new Map<string, number>()
  for (const entry of entries) {
    if (entry.kind === 'desired' && entry.delivery === 'sent' && entry.desiredId !== null) {
      sent.add(entry.desiredId)
    }
    if (entry.kind === 'executed') {
      executions.set(entry.desiredId, (executions.get(entry.desiredId) ?? 0) + 1)
    }
    if (entry.kind === 'report') {
      if (!outcomes.has(entry.desiredId)) outcomes.set(entry.desiredId, entry.outcome)
      if (entry.outcome === 'applied') {
        const ids = appliedUnder.get(entry.desiredId) ?? new Set()
        appliedUnder.set(entry.desiredId, ids.add(entry.messageId))
      }
    }
  }
  const counts = { applied: 0, rejected: 0, stale: 0 }
  for (const outcome of outcomes.values()) counts[outcome] += 1
  const twice = new Set<string>()
  for (const [id, times] of executions) if (times > 1) twice.add(id)
  for (const [id, messageIds] of appliedUnder) if (messageIds.size > 1) twice.add(id)
  return {
    ...counts,
    unanswered: [...sent].filter((id) => !outcomes.has(id)).length,
    executedTwice: [...twice],
  }
}

function summariseSessions(
  entries: readonly LedgerEntry[],
): Pick<LedgerSummary, 'connects' | 'renewals' | 'takeovers'> {
  const usernames = entries
    .filter((entry) => entry.kind === 'connect' && entry.outcome === 'accepted')
    .map((entry) => (entry.kind === 'connect' ? entry.username : null))
  const renewals = usernames.filter((name, index) => index > 0 && name !== usernames[index - 1]).length
  const takeovers = entries.filter(
    (entry) => entry.kind === 'disconnect' && entry.reasonCode === REASON.sessionTakenOver,
  ).length
  return { connects: usernames.length, renewals, takeovers }
}

function keyOf(route: string, messageId: string): string {
  return `${route}\n${messageId}`
}
