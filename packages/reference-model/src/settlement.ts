import type { Concern } from './concern.ts'
import { pubackDemand } from './demands.ts'
import { type Facts, longestBackoffMs, type PendingReport, type Settlement } from './facts.ts'
import { isTooLarge, oldestToEvict, rememberReported, retryLater } from './outbox.ts'
import { acknowledgementIn } from './payloads.ts'
import { routeNamed } from './routes.ts'
import type { EffectOf, EventOf, Tell } from './trace.ts'

/** How reports settle: once, and as PUBACK and acknowledgement demand it (PUB-2, PUB-7, ACK). */
export const settlement: Concern = {
  heard(facts, event) {
    if (event.type === 'mqttPublishAnswered') hearPuback(facts, event)
    if (event.type === 'mqttMessageReceived') hearAcknowledgement(facts, event)
  },

  did(facts, effect, tell) {
    if (effect.type === 'settleReport') settle(facts, effect, tell)
  },

  settled({ outbox }, tell) {
    for (const [messageId, { result, rule }] of outbox.owed) tell(rule, `${messageId} settles as ${result}`)
    outbox.owed.clear()
  },
}

/** PUBACK: accepted by the broker, no more; or refused, for good or for now (PUB-2, PUB-7, ACK-7). */
function hearPuback(facts: Facts, event: EventOf<'mqttPublishAnswered'>): void {
  const { outbox, link } = facts
  const report = outbox.pending.find(({ delivery }) => delivery === event.delivery)
  if (report === undefined || report.state !== 'sent') return
  report.delivery = null
  const demand = pubackDemand(event.reasonCode)
  const reads = link.connection?.topics.acknowledgement !== null
  if (demand === 'final')
    outbox.owed.set(report.messageId, { result: 'failed', status: null, errorType: null, rule: 'PUB-7' })
  else if (demand === 'catalog') {
    report.state = 'doubted'
    report.failures += 1
  } else if (demand === 'retry') retryLater(facts, report, 'PUB-7')
  else if (reads) report.state = 'accepted'
  else
    outbox.owed.set(report.messageId, {
      result: 'unconfirmed',
      status: null,
      errorType: null,
      rule: 'ACK-7',
    })
}

/** An acknowledgement settles its report, or has it sent again (ACK-1 to ACK-6). */
function hearAcknowledgement(facts: Facts, event: EventOf<'mqttMessageReceived'>): void {
  const { outbox, link } = facts
  if (event.topic !== link.connection?.topics.acknowledgement) return
  const read = acknowledgementIn(event.payload)
  const report = outbox.pending.find(({ messageId }) => messageId === read?.messageId)
  if (read === null || report === undefined) return
  const { status, retryable, errorType } = read
  if (status === 'accepted' || status === 'replayed')
    outbox.owed.set(report.messageId, { result: 'done', status, errorType, rule: 'ACK-2' })
  else if (!retryable)
    outbox.owed.set(report.messageId, { result: 'failed', status, errorType, rule: 'ACK-3' })
  else if (report.state === 'ready') {
    // Only the device knows whether it waits still, which goes on, or begins to wait anew (ACK-4).
    report.failures += 1
    report.dueBy = facts.now + longestBackoffMs(facts, report.failures)
  } else if (report.state !== 'waiting' && report.state !== 'doubted') retryLater(facts, report, 'ACK-3')
}

function settle(facts: Facts, effect: EffectOf<'settleReport'>, tell: Tell): void {
  const { outbox } = facts
  const { messageId } = effect
  const report = outbox.pending.find((pending) => pending.messageId === messageId)
  if (report === undefined) {
    const owedCommand = facts.step.owedCommands.get(effect.desiredId ?? '')
    if (owedCommand?.effect !== 'settleReport')
      return tell(unsettledBy(facts, null), `${messageId} settles once`)
    facts.step.owedCommands.delete(effect.desiredId ?? '')
    return
  }
  if (effect.result === 'failed') {
    // An outcome that found no room never reached the wire: the cloud knows what it knew before.
    const answer = facts.commands.get(report.route)?.commands.get(report.desiredId ?? '')?.answer
    const isUnsent = effect.status === 'outbox-full' && answer !== undefined && answer !== null
    rememberReported(facts, report.route, isUnsent ? answer.before : null)
  }
  const evicted = oldestToEvict(facts)
  outbox.pending = outbox.pending.filter((pending) => pending !== report)
  const isEvicted = effect.status === 'evicted' && evicted === report && facts.step.offered !== null
  const owed = outbox.owed.get(messageId) ?? (isEvicted ? eviction : neverSent(facts, report, effect.status))
  outbox.owed.delete(messageId)
  if (owed === null) return tell(unsettledBy(facts, messageId), `nothing has settled ${messageId} yet`)
  const isAsOwed = effect.result === owed.result && (owed.status === null || effect.status === owed.status)
  if (!isAsOwed || effect.errorType !== owed.errorType)
    tell(owed.rule, `${messageId} settles as ${owed.result}, ${owed.status ?? 'with its reason'}`)
  if (effect.route !== report.route || effect.desiredId !== report.desiredId)
    tell('PUB-9', `the settlement names the route and the command of ${messageId}`)
}

/** The rule that a settlement breaks which nothing asked for; null for one of a report that is not pending. */
function unsettledBy(
  { step, link }: Facts,
  messageId: string | null,
): 'ACK-1' | 'ACK-3' | 'ACK-4' | 'ACK-6' | 'PUB-2' {
  const { event } = step.line
  if (event?.type !== 'mqttMessageReceived') return 'PUB-2'
  if (event.topic !== link.connection?.topics.acknowledgement) return 'PUB-2'
  const read = acknowledgementIn(event.payload)
  if (read === null) return 'ACK-6'
  if (messageId === null) return 'ACK-4'
  return read.messageId === messageId ? 'ACK-3' : 'ACK-1'
}

const eviction: Settlement = { result: 'failed', status: 'evicted', errorType: null, rule: 'PUB-9' }

/** A report that turns out to be one that cannot go settles as failed, aloud (PUB-9). */
function neverSent(facts: Facts, report: PendingReport, status: string): Settlement | null {
  const { authority, config } = facts
  const { catalog } = authority
  const failed = { result: 'failed', errorType: null } as const
  const outcomes = facts.outbox.pending.filter(({ desiredId }) => desiredId !== null).length
  if (status === 'outbox-full' && report.desiredId !== null && outcomes >= config.limits.maxReports)
    return { ...failed, status, rule: 'PUB-9' }
  if (catalog === null) return null
  const route = routeNamed(config, catalog, report.route)
  if (status === 'route-unknown' && route === null && catalog.credentialEndpoint !== null)
    return { ...failed, status, rule: 'CAT-5' }
  const text = report.text ?? JSON.stringify(report.body)
  if (status === 'too-large' && route !== null && isTooLarge(facts, route.feedDataTopic, text))
    return { ...failed, status, rule: 'PUB-8' }
  return null
}
