import * as v from 'valibot'
import { nameOf, selectorOf } from './catalog/route-name.ts'
import type { RouteCommands } from './command/command.ts'
import type { DeviceConfig } from './config.ts'
import { isJsonValue, isObject, type JsonValue, parseJson } from './json.ts'
import type { Report } from './report/report.ts'
import type { SessionContext } from './session/context.ts'
import type { DeviceState } from './state.ts'
import { validate } from './validate.ts'

/**
 * What of a device outlives its process: plain JSON without secrets (CORE-6, CRED-3). The token, the catalog, the
 * tuple and all that is under way are left out: a resumed device asks for them anew.
 */
export interface Snapshot {
  readonly format: 'realer-device-snapshot'
  readonly version: 1
  /** Whose it is: another device's snapshot is refused. */
  readonly deviceId: string | number
  /** Number of the last id given out; a resumed device counts on (CORE-4). */
  readonly lastId: number
  /** The outbox, oldest first (PUB-9); `selector` is what the firmware's name for the route selects in a catalog. */
  readonly reports: readonly (Omit<Report, 'delivery' | 'dueAt'> & { readonly selector: string })[]
  /** Sequence numbers, open commands, outcomes and last values of each command route, by its selector (DES-9, PUB-11). */
  readonly commands: { readonly [route: string]: Omit<RouteCommands, 'reading'> }
}

/** A snapshot that cannot be resumed: nothing of it was taken. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
  /** `snapshot-unknown`: another format, version or device; `snapshot-damaged`: its content makes no sense. */
  readonly code: 'snapshot-unknown' | 'snapshot-damaged'
  /** Path of the field at fault, such as `reports.0.payload`. */
  readonly field: string

  constructor(code: SnapshotError['code'], field: string, message: string) {
    super(message)
    this.code = code
    this.field = field
  }
}

/** Takes what outlives the process out of a device's state (CORE-6). */
export function persist({ context }: DeviceState): Snapshot {
  const { config, lastId } = context
  const commands = Object.entries(context.commands).map(([route, { reading: _asked, ...kept }]) => [
    selectorOf(config, route),
    kept,
  ])
  return {
    format: 'realer-device-snapshot',
    version: 1,
    deviceId: config.deviceId,
    lastId,
    reports: context.reports.map(({ delivery: _delivery, dueAt: _dueAt, ...kept }) => ({
      ...kept,
      selector: selectorOf(config, kept.route),
    })),
    commands: Object.fromEntries(commands) as Snapshot['commands'],
  }
}

const text = v.string()
const filled = v.pipe(text, v.nonEmpty('is empty'))
const count = v.pipe(v.number(), v.safeInteger('is not a whole number'), v.minValue(0, 'is less than 0'))
const whole = v.pipe(v.number(), v.safeInteger('is not a whole number'))
const moment = v.pipe(v.number(), v.finite('is not finite'))
const json = v.custom<JsonValue>((value) => isJsonValue(value), 'is not JSON')

const report = v.strictObject({
  messageId: filled,
  // A host may have offered one under any name before the catalog was known.
  route: text,
  selector: text,
  payload: filled,
  desiredId: v.nullable(filled),
  state: v.picklist(
    ['queued', 'sent', 'accepted', 'waiting', 'doubted'],
    'is not the state of a kept report',
  ),
  failures: count,
  unanswered: count,
})

const command = v.strictObject({
  desiredId: filled,
  value: json,
  sequenceNumber: v.nullable(whole),
  windowEndsAt: moment,
  state: v.picklist(['waiting', 'running', 'asking'], 'is not the state of an open command'),
  because: v.nullable(v.picklist(['stale', 'rejected', 'interrupted'], 'is not a reason')),
  dueAt: moment,
})

const routeCommands = v.strictObject({
  highestSequence: v.nullable(whole),
  open: v.array(command),
  recentIds: v.array(filled),
  outcomes: v.array(
    v.strictObject({
      desiredId: filled,
      outcome: v.picklist(['applied', 'rejected', 'stale'], 'is not an outcome'),
      messageId: filled,
      payload: filled,
    }),
  ),
  lastReported: v.nullable(v.strictObject({ value: json })),
})

const snapshotSchema = v.strictObject({
  format: text,
  version: v.number(),
  deviceId: v.union([text, whole]),
  lastId: count,
  reports: v.array(report),
  commands: v.record(text, routeCommands),
})

/** Reads a snapshot at the door, whole or not at all (CORE-6). */
export function readSnapshot(
  snapshot: unknown,
  config: DeviceConfig,
): Pick<SessionContext, 'lastId' | 'reports' | 'commands'> {
  const { format, version, deviceId } = Object(snapshot) as Partial<Record<keyof Snapshot, unknown>>
  if (format !== 'realer-device-snapshot')
    throw new SnapshotError('snapshot-unknown', 'format', 'This is no snapshot of a realer-device.')
  if (version !== 1)
    throw new SnapshotError(
      'snapshot-unknown',
      'version',
      'The snapshot has a version that this one cannot read.',
    )
  if (deviceId !== config.deviceId)
    throw new SnapshotError('snapshot-unknown', 'deviceId', 'The snapshot is that of another device.')
  const read = validate(snapshotSchema, snapshot, 'snapshot')
  if (!read.ok)
    throw new SnapshotError('snapshot-damaged', read.field, `The snapshot is damaged: ${read.message}`)
  const { lastId, reports, commands } = read.value
  checkReports(reports)
  return {
    lastId,
    reports: reports.map(({ selector, ...kept }) => ({
      ...kept,
      // Its name stays, unless this firmware means another route by it.
      route: selectorOf(config, kept.route) === selector ? kept.route : nameOf(config, selector),
      delivery: null,
      dueAt: null,
    })),
    commands: Object.fromEntries(
      Object.entries(commands).map(([route, kept]) => [nameOf(config, route), { ...kept, reading: null }]),
    ),
  }
}

/** One event, one id, and the payload is the event's own (PUB-4). */
function checkReports(reports: readonly { readonly messageId: string; readonly payload: string }[]): void {
  const seen = new Set<string>()
  for (const [index, { messageId, payload }] of reports.entries()) {
    const body = parseJson(payload)
    if (!body.ok || !isObject(body.value) || body.value.message_id !== messageId)
      throw damaged(`reports.${index}.payload`, 'is not the payload of its message id')
    if (seen.has(messageId)) throw damaged(`reports.${index}.messageId`, 'is there twice')
    seen.add(messageId)
  }
}

function damaged(field: string, complaint: string): SnapshotError {
  return new SnapshotError('snapshot-damaged', field, `The snapshot is damaged: ${field} ${complaint}.`)
}
