import type { Concern } from './concern.ts'
import { pubackDemand } from './demands.ts'
import { type Facts, isDueBy, longestBackoffMs, type PendingReport, type Settlement } from './facts.ts'
import {
  acknowledgementIn,
  bytesOf,
  depthOf,
  fieldsOf,
  isSameJson,
  isUtcInstant,
  packetBytes,
} from './payloads.ts'
import { routeNamed } from './routes.ts'
import type { EffectOf, EventOf, Tell } from './trace.ts'

/** The outbox: what was accepted and is pending, what of it goes on the wire and when, and how each settles. */
export const reports: Concern = {
  heard(facts, event) {
    const { outbox, now } = facts
    switch (event.type) {
      case 'reportOffered':
        offer(facts, event)
        break
      case 'mqttPublishAnswered':
        hearPuback(facts, event)
        break
      case 'mqttMessageReceived':
        hearAcknowledgement(facts, event)
        break
      case 'timer.reports':
        for (const report of outbox.pending)
          if (isUnderWay(report) && report.dueBy <= now) giveUpOrRetry(facts, report)
          else if (report.state === 'waiting' && (report.wait?.until ?? 0) <= now) report.state = 'ready'
        break
      case 'mqttClosed':
      case 'mqttRefused':
        requeue(facts)
        break
      case 'catalogRead':
        for (const report of outbox.pending) if (report.state === 'doubted') report.state = 'queued'
        break
    }
  },

  did(facts, effect, tell) {
    switch (effect.type) {
      case 'acceptReport':
        accept(facts, effect, tell)
        break
      case 'refuseReport':
        refuse(facts, effect, tell)
        break
      case 'mqttPublish':
        publish(facts, effect, tell)
        break
      case 'settleReport':
        settle(facts, effect, tell)
        break
      case 'mqttDisconnect':
      case 'mqttAbort':
        requeue(facts)
        break
      case 'setTimer':
        if (
          effect.timer === 'reports' &&
          !facts.outbox.pending.some((report) => isDueAt(report, facts.now + effect.delayMs, facts.now))
        )
          tell('ACK-5', 'a timer of the outbox stands for a report that waits')
        break
    }
  },

  settled(facts, tell) {
    const { outbox, step, stop, now } = facts
    if (step.offered !== null) tell('PUB-3', 'a report that is offered is taken or refused')
    for (const [messageId, { result, rule }] of outbox.owed) tell(rule, `${messageId} settles as ${result}`)
    outbox.owed.clear()
    if (stop.reason !== null) return
    const room = hasRoom(facts)
    const heldRoutes = new Set<string>()
    for (const report of outbox.pending) {
      const isFree = room && canGo(facts, report) && !heldRoutes.has(report.route)
      if (!isUnderWay(report)) heldRoutes.add(report.route)
      if (report.state === 'queued' && isFree)
        tell('REN-4', `${report.messageId} is published, for the session is online`)
      const waits = isUnderWay(report) || report.state === 'waiting' || (report.state === 'ready' && isFree)
      if (waits && !isDueBy(facts, 'reports', Math.max(now, report.dueBy)))
        tell(report.wait?.rule ?? 'ACK-5', `the wait of ${report.messageId} has a timer`)
    }
  },
}

/** Puts a report into the outbox; also that of a command's outcome. */
export function addPending(
  facts: Facts,
  report: Pick<PendingReport, 'messageId' | 'route' | 'desiredId' | 'body' | 'text'>,
): void {
  facts.outbox.pending.push({
    ...report,
    state: 'queued',
    delivery: null,
    failures: 0,
    unanswered: 0,
    dueBy: Number.POSITIVE_INFINITY,
    wait: null,
  })
}

/** What a message must say (PUB-3). */
export function bodyOf(observation: {
  readonly messageId: string
  readonly value?: unknown
  readonly valueReceivedAt?: unknown
}): { readonly [name: string]: unknown } {
  const { messageId, value, valueReceivedAt } = observation
  return { message_id: messageId, value, value_received_at: valueReceivedAt }
}

/** What is wrong with an observation by itself, as codes of a refusal (PUB-3). */
export function observationFaults(
  { config }: Facts,
  observation: { readonly messageId: string; readonly value?: unknown; readonly valueReceivedAt?: unknown },
  more: object = {},
): string[] {
  const { messageId, value, valueReceivedAt } = observation
  const isValue =
    config.valueContract === 'string'
      ? typeof value === 'string'
      : value !== undefined && depthOf(value) <= 64
  const characters = isValue ? JSON.stringify({ ...bodyOf(observation), ...more }).length : 0
  return [
    ...(/^[\x21-\x7e]{1,128}$/.test(messageId) ? [] : ['message-id-invalid']),
    ...(isValue ? [] : ['value-invalid']),
    ...(isUtcInstant(valueReceivedAt) ? [] : ['value-received-at-invalid']),
    ...(characters > config.limits.maxPayloadCharacters ? ['too-large'] : []),
  ]
}

/** A report comes to the door, of the host's own accord or because a route's value has changed (PUB-3, PUB-11). */
export function offer(facts: Facts, event: Offering): void {
  const { messageId, route } = event
  facts.step.offered = { messageId, route, body: bodyOf(event), faults: faultsOf(facts, event) }
}

interface Offering {
  readonly messageId: string
  readonly route: string
  readonly value?: unknown
  readonly valueReceivedAt?: unknown
}

/** Every code by which the report may be refused at the door; none: it must be taken. */
function faultsOf(facts: Facts, event: Offering): string[] {
  const { authority, outbox, config, stop } = facts
  if (stop.reason !== null) return ['stopped']
  const faults = observationFaults(facts, event)
  const { catalog } = authority
  if (catalog !== null && catalog.credentialEndpoint !== null) {
    const route = routeNamed(config, catalog, event.route)
    if (route === null) faults.push('route-unknown')
    else if (faults.length === 0 && isTooLarge(facts, route.feedDataTopic, JSON.stringify(bodyOf(event))))
      faults.push('too-large')
  }
  if (outbox.pending.some(({ messageId }) => messageId === event.messageId)) faults.push('message-id-in-use')
  const isFull = outbox.pending.length >= config.limits.maxReports
  if (isFull && (config.outboxOverflow === 'refuse' || oldestToEvict(facts) === undefined))
    faults.push('outbox-full')
  return faults
}

function accept(facts: Facts, effect: EffectOf<'acceptReport'>, tell: Tell): void {
  const { step } = facts
  const { offered } = step
  step.offered = null
  if (offered?.messageId !== effect.messageId || offered.route !== effect.route)
    return tell('PUB-3', `${effect.messageId} was not offered`)
  // Outcomes of commands have room of their own: only the host's reports count for certain.
  const own = facts.outbox.pending.filter(({ desiredId }) => desiredId === null).length
  for (const fault of offered.faults)
    if (fault !== 'outbox-full') tell(doorRules[fault] ?? 'PUB-3', `${effect.messageId} is refused: ${fault}`)
  if (own >= facts.config.limits.maxReports) tell('PUB-9', 'the outbox is bounded')
  const { messageId, route, body } = offered
  addPending(facts, { messageId, route, desiredId: null, body, text: null })
  rememberReported(facts, route, { value: body.value })
}

const doorRules: { readonly [code: string]: 'PUB-4' | 'PUB-8' | 'PUB-9' | 'CAT-5' | 'STOP-1' } = {
  'message-id-in-use': 'PUB-4',
  'too-large': 'PUB-8',
  'outbox-full': 'PUB-9',
  'route-unknown': 'CAT-5',
  stopped: 'STOP-1',
}

function refuse({ step, safe }: Facts, effect: EffectOf<'refuseReport'>, tell: Tell): void {
  if (effect.desiredId !== null) return
  const { offered } = step
  step.offered = null
  if (offered?.messageId !== effect.messageId) return tell('PUB-3', `${effect.messageId} was not offered`)
  const isFull =
    effect.code === 'outbox-full' && step.line.effects.some(({ type }) => type === 'settleReport')
  if (safe && offered.faults.length === 0 && !isFull)
    tell('SAFE-2', `${effect.messageId} is taken, also while safe`)
  else if (!offered.faults.includes(effect.code))
    tell(doorRules[effect.code] ?? 'PUB-3', `${effect.messageId} is not refused as ${effect.code}`)
}

function publish(facts: Facts, effect: EffectOf<'mqttPublish'>, tell: Tell): void {
  const { link, authority, config, now, outbox, stop } = facts
  const { connection } = link
  const { catalog } = authority
  const more = effect as { readonly qos?: unknown; readonly retain?: unknown }
  if ((more.qos ?? 1) !== 1 || (more.retain ?? false) !== false)
    tell('PUB-1', 'QoS 1, and retain is never set')
  if (stop.reason !== null) tell('STOP-1', 'after a stop nothing is published')
  if (connection === null || connection.id !== effect.connection)
    return tell('CONN-6', 'a PUBLISH goes out on the one connection that is open')
  if (connection.phase === 'closing') tell('CONN-6', 'nothing is published after DISCONNECT')
  else if (connection.phase !== 'online') tell('SUB-2', 'nothing is published before the SUBACK')
  if (connection.tuple.endsAt <= now) tell('REN-5', 'nothing is sent on a session whose tuple has expired')
  connection.inFlight.set(effect.delivery, now + config.timing.publishTimeoutMs)
  if (connection.inFlight.size > connection.receiveMaximum)
    tell('CONN-5', `the broker takes ${connection.receiveMaximum} publishes without PUBACK`)
  else if (connection.inFlight.size > inflightLimit(facts))
    tell('PUB-8', `${inflightLimit(facts)} publishes wait for their PUBACK at most`)
  const messageId = fieldsOf(effect.payload)?.message_id
  const report = outbox.pending.find((pending) => pending.messageId === messageId)
  if (report === undefined)
    return tell('PUB-4', `no report with the id ${String(messageId)} waits to be sent`)
  const route = catalog === null ? null : routeNamed(config, catalog, report.route)
  if (route === null || route.feedDataTopic !== effect.topic)
    tell('CAT-5', `a report goes to its route’s topic in the catalog`)
  else if (!connection.tuple.scopes.includes(route.feedDataPublishScope))
    tell('CRED-4', `the credential may publish to ${effect.topic}`)
  if (isTooLarge(facts, effect.topic, effect.payload)) tell('PUB-8', 'the message is within the limits')
  checkPayload(report, effect.payload, tell)
  if (isUnderWay(report)) tell('ACK-5', `${report.messageId} waits for its acknowledgement`)
  if (report.state === 'doubted') tell('PUB-7', `${report.messageId} waits until the catalog was read again`)
  if (report.state === 'waiting' && report.wait !== null && report.wait.until > now)
    tell(report.wait.rule, `${report.messageId} is sent again after a backoff`)
  checkOrder(facts, report, tell)
  report.text = effect.payload
  keepText(facts, report)
  report.state = 'sent'
  report.delivery = effect.delivery
  report.wait = null
  report.dueBy = now + config.timing.acknowledgementTimeoutMs
}

/** What was observed is what is sent, the same bytes every time (PUB-3 to PUB-6, PUB-10). */
function checkPayload(report: PendingReport, payload: string, tell: Tell): void {
  if (report.text !== null && report.text !== payload)
    return tell('PUB-4', `every publish of ${report.messageId} has the same payload`)
  const fields = fieldsOf(payload) ?? {}
  for (const name of ['value', 'value_received_at'])
    if (!isSameJson(fields[name], throughJson(report.body[name])))
      tell(report.desiredId === null ? 'PUB-3' : 'PUB-10', `${name} is what was observed`)
  if (report.desiredId === null) {
    if ('desired_id' in fields) tell('PUB-6', 'a local change has no desired_id')
    if ('report_status' in fields && fields.report_status !== 'reported')
      tell('PUB-6', 'a local change has no report_status')
    return
  }
  if (fields.desired_id !== report.desiredId) tell('PUB-5', `the report answers ${report.desiredId}`)
  const status = report.body.report_status ?? 'applied'
  if ((fields.report_status ?? 'applied') !== status) tell('PUB-5', `its report_status is ${String(status)}`)
  if ('report_status' in fields && status === 'applied')
    tell('PUB-5', 'the default report_status is left out')
  if ('sequence_number' in fields && fields.sequence_number !== report.body.sequence_number)
    tell('PUB-5', 'sequence_number is that of the desired state')
}

/** Reports keep the order of their route: one that is to go again holds back the later ones (PUB-9). */
function checkOrder(facts: Facts, report: PendingReport, tell: Tell): void {
  for (const earlier of facts.outbox.pending) {
    if (earlier === report) return
    if (earlier.route === report.route && !isUnderWay(earlier))
      return tell('PUB-9', `${earlier.messageId} of the same route goes first`)
  }
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

/** At the bound, where the host chose so: the oldest report of its own that is not on its way (PUB-9). */
function oldestToEvict({ config, outbox: { pending } }: Facts): PendingReport | undefined {
  if (config.outboxOverflow === 'refuse' || pending.length < config.limits.maxReports) return undefined
  return pending.find((report) => report.desiredId === null && !isUnderWay(report))
}

/** The value that the last report of a command route told (PUB-11). */
export function rememberReported(
  facts: Facts,
  name: string,
  reported: { readonly value: unknown } | null,
): void {
  const { config, authority, commands } = facts
  const { catalog } = authority
  const topic = catalog === null ? undefined : routeNamed(config, catalog, name)?.feedDataTopic
  const handled = config.commandRoutes.includes(name)
    ? name
    : config.commandRoutes.find(
        (command) =>
          topic !== undefined &&
          catalog !== null &&
          routeNamed(config, catalog, command)?.feedDataTopic === topic,
      )
  const route = handled === undefined ? undefined : commands.get(handled)
  if (route !== undefined) route.lastReported = reported
}

/** The bytes of a command's report stay known: the cloud may ask for them again (DES-4, PUB-4). */
function keepText({ commands }: Facts, { desiredId, messageId, text }: PendingReport): void {
  if (desiredId === null) return
  for (const route of commands.values()) {
    const answer = route.commands.get(desiredId)?.answer
    if (answer?.messageId === messageId) answer.text = text
  }
}

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
  else if (report.state === 'ready') report.dueBy = facts.now + longestBackoffMs(facts, report.failures + 1)
  else if (report.state !== 'waiting' && report.state !== 'doubted') retryLater(facts, report, 'ACK-3')
}

/** No acknowledgement in time: again, for as long as the host's policy says (ACK-5). */
function giveUpOrRetry(facts: Facts, report: PendingReport): void {
  const most = facts.config.limits.maxUnansweredPublishes
  report.unanswered += 1
  if (most === null || report.unanswered < most) return retryLater(facts, report, 'ACK-5')
  const failed = { result: 'failed', status: 'unanswered', errorType: null, rule: 'ACK-5' } as const
  facts.outbox.owed.set(report.messageId, failed)
}

/** The same event is sent again, after a backoff (ACK-3, ACK-5, PUB-7). */
function retryLater(facts: Facts, report: PendingReport, rule: 'ACK-3' | 'ACK-5' | 'PUB-7'): void {
  const { now, config } = facts
  report.failures += 1
  report.state = 'waiting'
  report.delivery = null
  report.wait = { until: now + config.timing.backoffFloorMs, rule }
  report.dueBy = now + longestBackoffMs(facts, report.failures)
}

/** The connection is gone: what has no settlement is sent again (PUB-7, REN-4). */
function requeue({ outbox }: Facts): void {
  for (const report of outbox.pending) {
    if (!isUnderWay(report)) continue
    Object.assign(report, { state: 'queued', delivery: null, dueBy: Number.POSITIVE_INFINITY, wait: null })
  }
}

/** It was published on this connection, and its acknowledgement is waited for. */
function isUnderWay({ state }: PendingReport): boolean {
  return state === 'sent' || state === 'accepted'
}

/** Whether the report may be due at this moment, which may be past: the end of its wait, or any moment of its backoff. */
function isDueAt(report: PendingReport, moment: number, now: number): boolean {
  const isLate = moment === now && report.dueBy <= now
  if (isUnderWay(report)) return isLate || Math.ceil(report.dueBy) === Math.ceil(moment)
  if (report.state === 'queued' || report.state === 'doubted' || moment < (report.wait?.until ?? 0))
    return false
  return isLate || moment <= Math.ceil(report.dueBy)
}

function hasRoom(facts: Facts): boolean {
  const { connection } = facts.link
  return (
    connection?.phase === 'online' &&
    connection.tuple.endsAt > facts.now &&
    connection.inFlight.size < inflightLimit(facts)
  )
}

/** Whether its route is known and the credential may publish to it. */
function canGo({ config, authority, link }: Facts, report: PendingReport): boolean {
  const { catalog } = authority
  const route = catalog === null ? null : routeNamed(config, catalog, report.route)
  if (route === null) return catalog?.credentialEndpoint != null
  return link.connection?.tuple.scopes.includes(route.feedDataPublishScope) === true
}

function inflightLimit({ config, authority, link }: Facts): number {
  return Math.min(
    config.limits.maxInflightMessages,
    link.connection?.receiveMaximum ?? 0,
    authority.catalog?.limits.maxInflightMessages ?? Number.POSITIVE_INFINITY,
  )
}

function isTooLarge({ authority, link }: Facts, topic: string, payload: string): boolean {
  const most = authority.catalog?.limits.maxPayloadBytes ?? Number.POSITIVE_INFINITY
  const mostOfPacket = link.connection?.maximumPacketSize ?? Number.POSITIVE_INFINITY
  return bytesOf(payload) > most || packetBytes(topic, payload) > mostOfPacket
}

function throughJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
