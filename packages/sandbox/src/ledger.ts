import type { LedgerEntry, LedgerEntryOf, LedgerEvent } from './entries.ts'
import { SandboxError } from './errors.ts'
import { type LedgerSummary, type SummaryOptions, summarise } from './summary.ts'

/** Where to begin and how long to wait. */
export interface UntilOptions {
  /** Only entries with a higher number count. Default 0: the past counts too. */
  after?: number
  /** After this the promise rejects with `SandboxError` `timeout`, so that a lost entry parks nothing. Default 30000. */
  timeoutMs?: number
}

/** The judge: an append-only account of all that the device did and what the sandbox did to it. */
export interface Ledger {
  /** Every entry so far, in order. */
  readonly entries: readonly LedgerEntry[]
  /** The number of the last entry; 0 at the start. For `after` in `until`. */
  readonly lastNumber: number
  /** The host says: a physical event happened, and the device took it under this message id. */
  observed(event: { messageId: string; route: string }): void
  /** The host says: an actuator physically moved for this desired id. */
  executed(event: { desiredId: string; route: string; value: string }): void
  /** Calls the listener for every new entry; returns a function that ends this. */
  on(listener: (entry: LedgerEntry) => void): () => void
  /** Resolves with the first entry that satisfies the predicate, past (see `after`) or to come. */
  until(predicate: (entry: LedgerEntry) => boolean, options?: UntilOptions): Promise<LedgerEntry>
  /** As `until`, for entries of one kind. */
  untilKind<K extends LedgerEvent['kind']>(
    kind: K,
    match?: (entry: LedgerEntryOf<K>) => boolean,
    options?: UntilOptions,
  ): Promise<LedgerEntryOf<K>>
  /** Adds up what happened so far. */
  summary(options?: SummaryOptions): LedgerSummary
}

/** The ledger with its pen, which only the sandbox holds. */
export interface WritableLedger extends Ledger {
  write(event: LedgerEvent): void
  /** Rejects every wait with `SandboxError` `stopped`. */
  close(): void
}

const DEFAULT_TIMEOUT_MS = 30_000

/** A ledger that begins now. */
export function createLedger(): WritableLedger {
  const startedAt = performance.now()
  const entries: LedgerEntry[] = []
  const listeners = new Set<(entry: LedgerEntry) => void>()
  const closers = new Set<() => void>()

  function write(event: LedgerEvent): void {
    const entry = { ...event, number: entries.length + 1, atMs: performance.now() - startedAt }
    entries.push(entry)
    for (const listener of [...listeners]) listener(entry)
  }

  function wait<E extends LedgerEntry>(
    matches: (entry: LedgerEntry) => entry is E,
    what: string,
    options: UntilOptions = {},
  ): Promise<E> {
    const { after = 0, timeoutMs = DEFAULT_TIMEOUT_MS } = options
    return new Promise((resolve, reject) => {
      for (const entry of entries.slice(after)) {
        if (matches(entry)) {
          resolve(entry)
          return
        }
      }
      const end = (): void => {
        clearTimeout(timer)
        listeners.delete(listener)
        closers.delete(closer)
      }
      const listener = (entry: LedgerEntry): void => {
        let matched = false
        try {
          matched = matches(entry)
        } catch (error) {
          end()
          reject(error)
          return
        }
        if (matched) {
          end()
          resolve(entry as E)
        }
      }
      const closer = (): void => {
        end()
        reject(new SandboxError('stopped', `The sandbox was stopped before ${what} came.`))
      }
      const timer = setTimeout(() => {
        end()
        const last = entries.slice(-5).map((entry) => JSON.stringify(entry))
        reject(
          new SandboxError(
            'timeout',
            `${what} did not come within ${timeoutMs} ms; the last entries:\n${last.join('\n')}`,
          ),
        )
      }, timeoutMs)
      listeners.add(listener)
      closers.add(closer)
    })
  }

  return {
    entries,
    get lastNumber() {
      return entries.length
    },
    write,
    observed: ({ messageId, route }) => write({ kind: 'observed', messageId, route }),
    executed: ({ desiredId, route, value }) => write({ kind: 'executed', desiredId, route, value }),
    on(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    until: (predicate, options) =>
      wait((entry): entry is LedgerEntry => predicate(entry), 'The awaited ledger entry', options),
    untilKind<K extends LedgerEvent['kind']>(
      kind: K,
      match: (entry: LedgerEntryOf<K>) => boolean = () => true,
      options?: UntilOptions,
    ) {
      const ofKind = (entry: LedgerEntry): entry is LedgerEntryOf<K> =>
        entry.kind === kind && match(entry as LedgerEntryOf<K>)
      return wait(ofKind, `The awaited ledger entry "${kind}"`, options)
    },
    summary: (options) => summarise(entries, options),
    close() {
      for (const closer of [...closers]) closer()
      listeners.clear()
    },
  }
}
