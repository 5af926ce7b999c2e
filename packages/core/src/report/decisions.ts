import { findRoute } from '../catalog/route-name.ts'
import type { ReportRefusal } from '../effect.ts'
import type { DeviceEvent } from '../event.ts'
import { readAcknowledgement } from '../payload/acknowledgement.ts'
import { writeFeedData } from '../payload/feed-data.ts'
import { diagnose, type Plan, update } from '../session/plan.ts'
import { addReport, advanceReport, armReports, payloadFault, publishQueued } from './outbox.ts'

type EventOf<Type extends DeviceEvent['type']> = Extract<DeviceEvent, { type: Type }>

/** Takes a report at the door, or refuses it with the field's name; what is taken is never lost (PUB-3, PUB-9). */
export function takeReport(plan: Plan, event: EventOf<'reportOffered'>): void {
  const { config, catalog, reports } = plan.context
  const { messageId, route } = event
  const written = writeFeedData(config, event, null)
  if (!written.ok) return refuse(plan, messageId, written.code, written.field, written.message)
  // A catalog without a credential request may not list its routes yet: it refuses no report (CAT-4, SAFE-2).
  if (catalog !== null && catalog.credentialEndpoint !== null) {
    const found = findRoute(config, catalog, route)
    if (found === null)
      return refuse(
        plan,
        messageId,
        'route-unknown',
        'route',
        `The catalog has no one route ${JSON.stringify(route)}.`,
      )
    const tooLarge = payloadFault(plan, found, written.payload)
    if (tooLarge !== null) return refuse(plan, messageId, 'too-large', 'value', tooLarge)
  }
  if (reports.some((report) => report.messageId === messageId))
    return refuse(
      plan,
      messageId,
      'message-id-in-use',
      'messageId',
      'A report with this message id is still on its way.',
    )
  if (reports.length >= config.limits.maxReports)
    return refuse(
      plan,
      messageId,
      'outbox-full',
      'route',
      `The outbox holds ${config.limits.maxReports} reports already.`,
    )
  plan.effects.push({ type: 'acceptReport', messageId, route })
  addReport(plan, { messageId, route, payload: written.payload, desiredId: null })
}

/** Refuses a report after the stop: nothing would ever send it. */
export function refuseAfterStop(plan: Plan, event: EventOf<'reportOffered'>): void {
  refuse(plan, event.messageId, 'stopped', 'route', 'The device is stopped.')
}

function refuse(plan: Plan, messageId: string, code: ReportRefusal, field: string, message: string): void {
  plan.effects.push({ type: 'refuseReport', messageId, code, field, message, desiredId: null })
}

/** Handles the PUBACK of one delivery (PUB-2, PUB-7); a reason of 0x80 or more means that it was not accepted. */
export function answerPublish(plan: Plan, event: EventOf<'mqttPublishAnswered'>): void {
  const { connection, catalog, tuple } = plan.context
  if (connection !== null)
    update(plan, {
      connection: {
        ...connection,
        inFlight: connection.inFlight.filter((delivery) => delivery !== event.delivery),
      },
    })
  const report = plan.context.reports.find(({ delivery }) => delivery === event.delivery)
  if (report !== undefined) {
    const readsAcks = catalog !== null && (tuple?.scopes.includes(catalog.feedDataAckSubscribeScope) ?? false)
    if (event.reasonCode < 0x80)
      advanceReport(plan, report, {
        type: readsAcks ? 'acceptedByBroker' : 'acceptedUnconfirmed',
        settlement: { status: 'unconfirmed', errorType: null },
      })
    else refusedPublish(plan, event.reasonCode, report)
  }
  publishQueued(plan)
}

/** Payload format invalid and packet too large cannot be mended by a retry (PUB-7). */
const finalReasons: ReadonlySet<number> = new Set([0x99, 0x95])
/** Not authorized and topic name invalid: the catalog may have changed (CAT-8). */
const catalogReasons: ReadonlySet<number> = new Set([0x87, 0x90])

function refusedPublish(plan: Plan, reasonCode: number, report: Parameters<typeof advanceReport>[1]): void {
  const name = `0x${reasonCode.toString(16)}`
  diagnose(plan, {
    level: 'warning',
    code: 'publish-refused',
    message: `The broker refused a publish on route ${report.route} with reason ${name}.`,
    rule: 'PUB-7',
  })
  if (finalReasons.has(reasonCode)) {
    advanceReport(plan, report, {
      type: 'refusedForGood',
      settlement: { status: `reason-${name}`, errorType: null },
    })
    return
  }
  advanceReport(plan, report, { type: 'refusedByBroker' })
  if (catalogReasons.has(reasonCode)) plan.signals.push({ type: 'catalogDoubted' })
}

/** Handles one application acknowledgement, matched by `message_id` (ACK-1 to ACK-3). */
export function takeAcknowledgement(plan: Plan, event: EventOf<'mqttMessageReceived'>): void {
  const read = readAcknowledgement(event.payload)
  if (!read.ok)
    return diagnose(plan, {
      level: 'warning',
      code: 'acknowledgement-malformed',
      message: `${read.message} The report stays pending.`,
      field: read.field,
      rule: 'ACK-6',
    })
  const { messageId, status, retryable, errorType } = read.acknowledgement
  const report = plan.context.reports.find((candidate) => candidate.messageId === messageId)
  if (report === undefined)
    return diagnose(plan, {
      level: 'info',
      code: 'acknowledgement-unknown',
      message: 'An acknowledgement came for a report that is settled or was never sent.',
      rule: 'ACK-4',
    })
  const done = status === 'accepted' || status === 'replayed'
  const type = done ? 'acknowledgedDone' : retryable ? 'acknowledgedRetry' : 'acknowledgedFailed'
  advanceReport(plan, report, { type, settlement: { status, errorType } })
  armReports(plan)
}

/** The connection is gone: what is not settled will be published again, the same event (PUB-7, REN-4). */
export function requeueReports(plan: Plan): void {
  for (const report of plan.context.reports) advanceReport(plan, report, { type: 'connectionLost' })
  armReports(plan)
}

/** A retry is due, or the wait for an acknowledgement is over (ACK-3, ACK-5). */
export function reportsDue(plan: Plan): void {
  for (const report of plan.context.reports)
    if (report.dueAt !== null && report.dueAt <= plan.now) advanceReport(plan, report, { type: 'due' })
  publishQueued(plan)
}
