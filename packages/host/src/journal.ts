import { type DeviceState, type JsonValue, persist, type Snapshot } from '@realer-device/core'
import type { Clock } from './platform.ts'
import { withinLimit } from './slow-write.ts'
import type { Store, StoreChange } from './store.ts'

/** Keeps a device's snapshot in a store: each step writes what it has changed, and nothing else. */
export interface Journal {
  /** What the store held when the journal was made: for `resume`. Null where nothing was ever written. */
  readonly kept: KeptState | null
  /** Writes what the state has changed of what must survive. Throws or rejects with the store's error. */
  keep(state: DeviceState): void | Promise<void>
}

/** A stored snapshot, good or not: the machine judges it. */
export interface KeptState {
  readonly snapshot: unknown
  /** The origin of the clock that its windows were measured on; null where it has no name. */
  readonly clockOrigin: string | null
}

type KeptReport = Snapshot['reports'][number]
type KeptRoute = Snapshot['commands'][string]

/** An entry as it was written last, to compare with. */
interface Written<Value> {
  readonly key: string
  readonly value: Value
}

/** What is written of a state, by message id and by route. */
interface Table {
  readonly reports: ReadonlyMap<string, Written<KeptReport>>
  readonly routes: ReadonlyMap<string, Written<KeptRoute>>
  readonly lastKey: number
}

const HEAD = 'head'

/** Reads a store, and goes on to write to it. Throws the store's error. */
export function openJournal(store: Store, clock: Clock): Journal {
  const clockOrigin = clock.origin ?? null
  const entries = [...store.entries()]
  let table = readTable(entries)
  let isNew = entries.length === 0
  // The parts of the state that the table was made from: where they are the same, nothing is to be written.
  let reports: unknown = null
  let commands: unknown = null

  return {
    kept: isNew ? null : snapshotOf(entries, table),
    keep(state) {
      const { context } = state
      if (context.reports === reports && context.commands === commands) return
      const snapshot = persist(state)
      const { next, changes } = compare(table, snapshot)
      const adopt = (): void => {
        table = next
        isNew = false
        reports = context.reports
        commands = context.commands
      }
      if (changes.length === 0 && !isNew) return adopt()
      const { format, version, deviceId, lastId } = snapshot
      const head = { format, version, deviceId, lastId, clockOrigin }
      const written = store.write([{ key: HEAD, value: head }, ...changes])
      if (written === undefined) return adopt()
      // A promise of another library may call back at once, or twice: then a step would be carried out twice.
      return withinLimit(Promise.resolve(written), clock).then(adopt)
    },
  }
}

/** What a snapshot changes of what is written. Reports keep their order by their keys. */
function compare(
  { reports: old, routes: oldRoutes, lastKey: last }: Table,
  snapshot: Snapshot,
): { readonly next: Table; readonly changes: readonly StoreChange[] } {
  const changes: StoreChange[] = []
  let lastKey = last
  const newKey = (kind: string): string => `${kind}/${String(++lastKey).padStart(16, '0')}`

  const reports = new Map<string, Written<KeptReport>>()
  let before = ''
  for (const value of snapshot.reports) {
    const written = old.get(value.messageId)
    // One that has moved behind a later one takes a later key.
    const key = written !== undefined && written.key > before ? written.key : newKey('report')
    if (written !== undefined && written.key !== key) changes.push({ key: written.key, value: null })
    const isSame = written?.key === key && isSameReport(written.value, value)
    if (!isSame) changes.push({ key, value })
    reports.set(value.messageId, { key, value })
    before = key
  }
  for (const [messageId, { key }] of old) if (!reports.has(messageId)) changes.push({ key, value: null })

  const routes = new Map<string, Written<KeptRoute>>()
  for (const [selector, value] of Object.entries(snapshot.commands)) {
    const written = oldRoutes.get(selector)
    const key = written?.key ?? newKey('route')
    if (written === undefined || !isSameRoute(written.value, value))
      changes.push({ key, value: { selector, ...value } as unknown as JsonValue })
    routes.set(selector, { key, value })
  }
  for (const [selector, { key }] of oldRoutes) if (!routes.has(selector)) changes.push({ key, value: null })
  return { next: { reports, routes, lastKey }, changes }
}

/** A report on its way is kept as it was offered: a restart forgets the way (CORE-6), so `state` is no difference. */
function isSameReport(a: KeptReport, b: KeptReport): boolean {
  return (
    a.payload === b.payload &&
    a.route === b.route &&
    a.selector === b.selector &&
    a.desiredId === b.desiredId &&
    a.failures === b.failures &&
    a.unanswered === b.unanswered
  )
}

/** The machine makes a new value where something has changed, and only there. */
function isSameRoute(a: KeptRoute, b: KeptRoute): boolean {
  return (
    a.highestSequence === b.highestSequence &&
    a.open === b.open &&
    a.recentIds === b.recentIds &&
    a.outcomes === b.outcomes &&
    a.lastReported === b.lastReported
  )
}

type Entry = readonly [key: string, value: JsonValue]

function entriesOf(entries: readonly Entry[], kind: string): Entry[] {
  return entries.filter(([key]) => key.startsWith(`${kind}/`)).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The table that the entries make, as far as they can be read; the machine judges what they say. */
function readTable(entries: readonly Entry[]): Table {
  const reports = new Map<string, Written<KeptReport>>()
  for (const [key, value] of entriesOf(entries, 'report')) {
    const report = Object(value) as KeptReport
    reports.set(report.messageId, { key, value: report })
  }
  const routes = new Map<string, Written<KeptRoute>>()
  for (const [key, value] of entriesOf(entries, 'route')) {
    const { selector, ...kept } = Object(value) as KeptRoute & { selector: string }
    routes.set(selector, { key, value: kept })
  }
  const numbers = entries.map(([key]) => Number(key.split('/')[1] ?? 0)).filter(Number.isSafeInteger)
  return { reports, routes, lastKey: Math.max(0, ...numbers) }
}

function snapshotOf(entries: readonly Entry[], { routes }: Table): KeptState {
  const head = Object(entries.find(([key]) => key === HEAD)?.[1]) as Record<string, JsonValue>
  const { clockOrigin = null, ...named } = head
  return {
    snapshot: {
      ...named,
      // From the entries themselves, so that two that say the same id are seen.
      reports: entriesOf(entries, 'report').map(([, value]) => value),
      commands: Object.fromEntries([...routes].map(([selector, { value }]) => [selector, value])),
    },
    clockOrigin: typeof clockOrigin === 'string' ? clockOrigin : null,
  }
}
