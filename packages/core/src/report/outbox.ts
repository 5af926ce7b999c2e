import type { Route } from '../catalog/catalog.ts'
import { findRoute } from '../catalog/route-name.ts'
import type { ChartEvent } from '../chart.ts'
import { forgetReported } from '../command/last-reported.ts'
import type { ReportResult } from '../effect.ts'
import { publishBytes, utf8Bytes } from '../payload/size.ts'
import { backoffMs } from '../session/backoff.ts'
import { applyRules, type Plan, takeId, update } from '../session/plan.ts'
import { setTimerAt } from '../session/timers.ts'
import { type ReportAction, type ReportEventType, type ReportFact, reportChart } from './machine.ts'
import type { Report, ReportState } from './report.ts'

/** The end of a report, for the host. */
export interface Settlement {
  readonly status: string
  readonly errorType: string | null
}

/** What one event of a report brings with it. */
interface ReportEvent extends ChartEvent<ReportEventType, ReportFact> {
  /** How it ends, where the event can end it. */
  readonly settlement?: Settlement
  /** Where it goes, where the event can publish it. */
  readonly topic?: string
}

/** Puts a report into the outbox and sends it where it can be sent. */
export function addReport(
  plan: Plan,
  report: Pick<Report, 'messageId' | 'route' | 'payload' | 'desiredId'>,
): void {
  const queued: Report = {
    ...report,
    state: 'queued',
    delivery: null,
    failures: 0,
    unanswered: 0,
    dueAt: null,
  }
  update(plan, { reports: [...plan.context.reports, queued] })
  publishQueued(plan)
}

/**
 * Gives every queued report its turn, oldest first, as far as the limits of the connection allow (PUB-8). One that
 * waits for its retry holds back the later ones of its route until it is published again (PUB-9).
 */
export function publishQueued(plan: Plan): void {
  const held = new Set<string>()
  for (const report of plan.context.reports) {
    if (!hasRoom(plan)) break
    if (report.state === 'waiting' || report.state === 'doubted') held.add(report.route)
    if (report.state === 'queued' && !held.has(report.route)) offerTurn(plan, report)
  }
  armReports(plan)
  armPublishTimeout(plan)
}

/** Whether the session is online with a tuple that has not expired, and the broker takes one more PUBLISH (SUB-2, REN-5, PUB-8). */
function hasRoom(plan: Plan): boolean {
  const { tuple, connection } = plan.context
  if (tuple === null || connection === null || connection.limits === null) return false
  return connection.online && tuple.expiresAt > plan.now && connection.inFlight.length < inflightLimit(plan)
}

/** The report's turn to be published: the chart decides by what holds now (CAT-5, CRED-4, PUB-8). */
function offerTurn(plan: Plan, report: Report): void {
  const { config, catalog, tuple } = plan.context
  if (catalog === null) return
  const route = findRoute(config, catalog, report.route)
  if (route === null) {
    // A catalog without a credential request may not list its routes yet (CAT-4).
    if (catalog.credentialEndpoint === null) return
    const settlement = { status: 'route-unknown', errorType: null }
    return advanceReport(plan, report, { type: 'turnCame', facts: ['routeIsGone'], settlement })
  }
  if (payloadFault(plan, route, report.payload) !== null) {
    const settlement = { status: 'too-large', errorType: null }
    return advanceReport(plan, report, { type: 'turnCame', facts: ['payloadIsTooLarge'], settlement })
  }
  if (tuple?.scopes.includes(route.feedDataPublishScope))
    advanceReport(plan, report, { type: 'turnCame', facts: ['maySend'], topic: route.feedDataTopic })
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
  const arrow = reportChart(report.state, event)
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
    publish: (plan, report, event) => {
      const { config, connection } = plan.context
      if (connection === null || event.topic === undefined) return report
      const { timing } = config
      const delivery = takeId(plan, 'delivery')
      const inFlight = [...connection.inFlight, { delivery, dueAt: plan.now + timing.publishTimeoutMs }]
      update(plan, { connection: { ...connection, inFlight } })
      const { topic } = event
      const { payload } = report
      plan.effects.push({ type: 'mqttPublish', connection: connection.id, delivery, topic, payload })
      return { ...report, delivery, dueAt: plan.now + timing.acknowledgementTimeoutMs }
    },
    awaitAcknowledgement: (_plan, report) => ({ ...report, delivery: null }),
    countUnanswered: (_plan, report) => ({ ...report, unanswered: report.unanswered + 1 }),
    backOff: (plan, report) => {
      const failures = report.failures + 1
      const delayMs = backoffMs(plan.context.config.timing, failures, plan.random)
      return { ...report, delivery: null, failures, dueAt: plan.now + delayMs }
    },
    requeue: (_plan, report) => ({ ...report, delivery: null, dueAt: null }),
    doubtCatalog: (plan, report) => {
      plan.signals.push({ type: 'catalogDoubted' })
      return { ...report, delivery: null, dueAt: null, failures: report.failures + 1 }
    },
    settle: (plan, report, event) => {
      const { status, errorType } = event.settlement ?? { status: 'accepted', errorType: null }
      const { messageId, route, desiredId } = report
      const result = report.state as ReportResult
      plan.effects.push({ type: 'settleReport', messageId, route, result, status, errorType, desiredId })
      if (result === 'failed') forgetReported(plan, route)
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

/** Keeps the timer of the oldest PUBLISH without PUBACK; a broker that never answers it is not to be trusted (F-11). */
export function armPublishTimeout(plan: Plan): void {
  const { connection } = plan.context
  const oldest = connection?.online === true ? connection.inFlight[0] : undefined
  setTimerAt(plan, 'publishTimeout', oldest?.dueAt ?? null)
}
