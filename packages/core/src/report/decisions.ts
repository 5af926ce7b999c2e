import { findRoute } from '../catalog/route-name.ts'
import { rememberReported } from '../command/last-reported.ts'
import type { ReportRefusal } from '../effect.ts'
import type { DeviceEvent, Observation } from '../event.ts'
import { type Acknowledgement, readAcknowledgement } from '../payload/acknowledgement.ts'
import { writeFeedData } from '../payload/feed-data.ts'
import { diagnose, type Plan, update } from '../session/plan.ts'
import { reasonText } from '../session/reason.ts'
import type { ReportFact } from './machine.ts'
import {
  addReport,
  advanceReport,
  armPublishTimeout,
  armReports,
  payloadFault,
  publishQueued,
} from './outbox.ts'
import type { Report, ReportState } from './report.ts'

type EventOf<Type extends DeviceEvent['type']> = Extract<DeviceEvent, { type: Type }>

/** Takes a report at the door, or refuses it with the field's name; what is taken is never lost (PUB-3, PUB-9). */
export function takeReport(plan: Plan, event: { readonly route: string } & Observation): void {
  const { config, catalog } = plan.context
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
  if (plan.context.reports.some((report) => report.messageId === messageId))
    return refuse(
      plan,
      messageId,
      'message-id-in-use',
      'messageId',
      'A report with this message id is still on its way.',
    )
  if (config.outboxOverflow === 'evictOldest') makeRoom(plan)
  if (ownReports(plan).length >= config.limits.maxReports)
    return refuse(
      plan,
      messageId,
      'outbox-full',
      'route',
      `The outbox holds ${config.limits.maxReports} reports already.`,
    )
  plan.effects.push({ type: 'acceptReport', messageId, route })
  rememberReported(plan, route, event.value)
  addReport(plan, { messageId, route, payload: written.payload, desiredId: null })
}

/** What is on its way is not evicted: the cloud may have it already. */
const evictable: ReadonlySet<ReportState> = new Set(['queued', 'waiting', 'doubted'])

/** At the bound, evicts the oldest reports of the host's own that are not on their way, and names each (PUB-9). */
function makeRoom(plan: Plan): void {
  const own = ownReports(plan)
  const excess = own.length + 1 - plan.context.config.limits.maxReports
  const oldest = own.filter(({ state }) => evictable.has(state)).slice(0, Math.max(0, excess))
  // None is lost for a report that would be refused all the same.
  if (oldest.length < excess) return
  for (const report of oldest)
    advanceReport(plan, report, { type: 'evicted', settlement: { status: 'evicted', errorType: null } })
}

/** The reports of the host's own; the outcomes of commands have room of their own (PUB-9). */
function ownReports(plan: Plan): readonly Report[] {
  return plan.context.reports.filter(({ desiredId }) => desiredId === null)
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
  const { connection } = plan.context
  if (connection === null) return
  const inFlight = connection.inFlight.filter(({ delivery }) => delivery !== event.delivery)
  update(plan, { connection: { ...connection, inFlight } })
  const report = plan.context.reports.find(({ delivery }) => delivery === event.delivery)
  if (report !== undefined && event.reasonCode < 0x80)
    advanceReport(plan, report, {
      type: 'brokerAccepted',
      facts: connection.acknowledgementTopic === null ? [] : ['acknowledgementsAreRead'],
      settlement: { status: 'unconfirmed', errorType: null },
    })
  if (report !== undefined && event.reasonCode >= 0x80) {
    const { reasonCode } = event
    diagnose(plan, {
      level: 'warning',
      code: 'publish-refused',
      message: `The broker refused a publish on route ${report.route} with reason ${reasonText(reasonCode)}.`,
      rule: 'PUB-7',
    })
    advanceReport(plan, report, {
      type: 'brokerRefused',
      facts: reasonFacts(reasonCode),
      settlement: { status: `reason-0x${reasonCode.toString(16)}`, errorType: null },
    })
  }
  publishQueued(plan)
}

/** What a PUBACK's reason of 0x80 or more says (PUB-7; MQTT 5 section 3.4.2.1). */
function reasonFacts(reasonCode: number): readonly ReportFact[] {
  // Payload format invalid, packet too large.
  if (reasonCode === 0x99 || reasonCode === 0x95) return ['reasonIsFinal']
  // Not authorized, topic name invalid.
  return reasonCode === 0x87 || reasonCode === 0x90 ? ['reasonDoubtsCatalog'] : []
}

/** Handles one application acknowledgement, matched by `message_id` (ACK-1 to ACK-4, ACK-6). */
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
  const { messageId, status, errorType } = read.acknowledgement
  const report = plan.context.reports.find((candidate) => candidate.messageId === messageId)
  if (report === undefined)
    return diagnose(plan, {
      level: 'info',
      code: 'acknowledgement-unknown',
      message: 'An acknowledgement came for a report that is settled or was never sent.',
      rule: 'ACK-4',
    })
  const facts = statusFacts(read.acknowledgement)
  advanceReport(plan, report, { type: 'acknowledged', facts, settlement: { status, errorType } })
  publishQueued(plan)
}

/** What an acknowledgement's status says (ACK-2, ACK-3). */
function statusFacts({ status, retryable }: Acknowledgement): readonly ReportFact[] {
  if (status === 'accepted' || status === 'replayed') return ['statusIsDone']
  return retryable ? ['statusIsRetryable'] : []
}

/** The connection is gone: what is not settled will be published again, the same event (PUB-7, REN-4). */
export function requeueReports(plan: Plan): void {
  for (const report of plan.context.reports) advanceReport(plan, report, { type: 'connectionLost' })
  armReports(plan)
  armPublishTimeout(plan)
}

/** The catalog was read again: what its topics or rights had stopped goes out with the new ones (PUB-7, CAT-8). */
export function releaseDoubted(plan: Plan): void {
  for (const report of plan.context.reports) advanceReport(plan, report, { type: 'catalogRead' })
  publishQueued(plan)
}

/** A retry is due, or the wait for an acknowledgement is over (ACK-3, ACK-5). */
export function reportsDue(plan: Plan): void {
  const { maxUnansweredPublishes } = plan.context.config.limits
  for (const report of plan.context.reports) {
    if (report.dueAt === null || report.dueAt > plan.now) continue
    const isSpent = maxUnansweredPublishes !== null && report.unanswered + 1 >= maxUnansweredPublishes
    advanceReport(plan, report, {
      type: 'due',
      facts: isSpent ? ['attemptsAreSpent'] : [],
      settlement: { status: 'unanswered', errorType: null },
    })
  }
  publishQueued(plan)
}

/** After a restart every kept report is queued again, the same event (PUB-4, PUB-9, CORE-6). */
export function resumeReports(plan: Plan): void {
  for (const report of plan.context.reports) advanceReport(plan, report, { type: 'resumed' })
}
