import type { Route } from '../catalog/catalog.ts'
import { findRoute } from '../catalog/route-name.ts'
import type { ReportResult } from '../effect.ts'
import { publishBytes, utf8Bytes } from '../payload/size.ts'
import { backoffMs } from '../session/backoff.ts'
import { applyRules, type Plan, takeId, update } from '../session/plan.ts'
import { setTimerAt } from '../session/timers.ts'
import { type ReportAction, type ReportEventType, reportChart } from './machine.ts'
import type { Report, ReportState } from './report.ts'

/** The end of a report, for the host. */
export interface Settlement {
  readonly status: string
  readonly errorType: string | null
}

/** What one event of a report brings with it. */
interface ReportEvent {
  readonly type: ReportEventType
  readonly settlement?: Settlement
  readonly delivery?: string
}

/** Puts a report into the outbox and sends it where it can be sent. */
export function addReport(
  plan: Plan,
  report: Pick<Report, 'messageId' | 'route' | 'payload' | 'desiredId'>,
): void {
  const queued: Report = { ...report, state: 'queued', delivery: null, failures: 0, dueAt: null }
  update(plan, { reports: [...plan.context.reports, queued] })
  publishQueued(plan)
}

/**
 * Publishes what is queued, oldest first, as far as the limits of the connection allow (PUB-8). Nothing leaves
 * before the session is online (SUB-2), with an expired tuple (REN-5), or outside the catalog and scopes (CAT-5, CRED-4).
 */
export function publishQueued(plan: Plan): void {
  for (const report of plan.context.reports) {
    if (!hasRoom(plan)) break
    if (report.state === 'queued') publish(plan, report)
  }
  armReports(plan)
}

/** Whether the session is online with a tuple that has not expired, and the broker takes one more PUBLISH. */
function hasRoom(plan: Plan): boolean {
  const { tuple, connection } = plan.context
  if (tuple === null || connection === null || connection.limits === null) return false
  return connection.online && tuple.expiresAt > plan.now && connection.inFlight.length < inflightLimit(plan)
}

function publish(plan: Plan, report: Report): void {
  const { config, catalog, tuple, connection } = plan.context
  if (catalog === null || tuple === null || connection === null) return
  const route = findRoute(config, catalog, report.route)
  // A catalog without a credential request may not list its routes yet (CAT-4).
  if (route === null && catalog.credentialEndpoint === null) return
  if (route === null) return failForGood(plan, report, 'route-unknown')
  if (!tuple.scopes.includes(route.feedDataPublishScope)) return
  if (payloadFault(plan, route, report.payload) !== null) return failForGood(plan, report, 'too-large')
  const delivery = takeId(plan, 'delivery')
  update(plan, { connection: { ...connection, inFlight: [...connection.inFlight, delivery] } })
  plan.effects.push({
    type: 'mqttPublish',
    connection: connection.id,
    delivery,
    topic: route.feedDataTopic,
    payload: report.payload,
  })
  advanceReport(plan, report, { type: 'published', delivery })
}

/** A report that was taken before the catalog or the broker's limits were known can turn out to be one that cannot go. */
function failForGood(plan: Plan, report: Report, status: string): void {
  advanceReport(plan, report, { type: 'refusedForGood', settlement: { status, errorType: null } })
}

/** Why a payload is too large for the catalog's limit, or for the broker's packet limit where it is known (PUB-8). */
export function payloadFault(plan: Plan, route: Route, payload: string): string | null {
  const { catalog, connection } = plan.context
  const maxPayloadBytes = catalog?.limits.maxPayloadBytes ?? null
  if (maxPayloadBytes !== null && utf8Bytes(payload) > maxPayloadBytes)
    return `A payload has at most ${maxPayloadBytes} bytes, says the catalog.`
  const maximumPacketSize = connection?.limits?.maximumPacketSize ?? null
  if (maximumPacketSize !== null && publishBytes(route.feedDataTopic, payload) > maximumPacketSize)
    return `A whole PUBLISH has at most ${maximumPacketSize} bytes, says the broker.`
  return null
}

/** The most PUBLISHes without PUBACK: the least of the broker's, the catalog's and our own limit (PUB-8). */
function inflightLimit(plan: Plan): number {
  const { config, catalog, connection } = plan.context
  return Math.min(
    config.limits.maxInflightMessages,
    connection?.limits?.receiveMaximum ?? 1,
    catalog?.limits.maxInflightMessages ?? Number.POSITIVE_INFINITY,
  )
}

/** Takes one report through its chart. An event that the report's state does not know changes nothing. */
export function advanceReport(plan: Plan, report: Report, event: ReportEvent): void {
  const arrow = reportChart(report.state, event.type)
  if (arrow === undefined) return
  applyRules(plan, arrow.rules)
  let next: Report = { ...report, state: arrow.target }
  for (const action of arrow.actions) next = reportActions[action](plan, next, event)
  const reports = isSettled(next.state)
    ? plan.context.reports.filter(({ messageId }) => messageId !== report.messageId)
    : plan.context.reports.map((other) => (other.messageId === report.messageId ? next : other))
  update(plan, { reports })
}

const reportActions: { [name in ReportAction]: (plan: Plan, report: Report, event: ReportEvent) => Report } =
  {
    awaitAnswer: (plan, report, event) => ({
      ...report,
      delivery: event.delivery ?? null,
      dueAt: plan.now + plan.context.config.timing.acknowledgementTimeoutMs,
    }),
    keepWaiting: (_plan, report) => ({ ...report, delivery: null }),
    backOff: (plan, report) => {
      const failures = report.failures + 1
      const delayMs = backoffMs(plan.context.config.timing, failures, plan.random)
      return { ...report, delivery: null, failures, dueAt: plan.now + delayMs }
    },
    requeue: (_plan, report) => ({ ...report, delivery: null, dueAt: null }),
    settle: (plan, report, event) => {
      const { status, errorType } = event.settlement ?? { status: 'accepted', errorType: null }
      const { messageId, route, desiredId } = report
      const result = report.state as ReportResult
      plan.effects.push({ type: 'settleReport', messageId, route, result, status, errorType, desiredId })
      return report
    },
  }

function isSettled(state: ReportState): boolean {
  return state === 'done' || state === 'failed' || state === 'unconfirmed'
}

/** Keeps the one timer of the outbox at the earliest moment that a report waits for. */
export function armReports(plan: Plan): void {
  if (plan.context.stopReason !== null) return
  const moments = plan.context.reports.flatMap(({ dueAt }) => (dueAt === null ? [] : [dueAt]))
  setTimerAt(plan, 'reports', moments.length === 0 ? null : Math.min(...moments))
}
