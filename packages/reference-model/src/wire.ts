import type { Concern } from './concern.ts'
import type { Facts, PendingReport } from './facts.ts'
import { canGo, hasRoom, inflightLimit, isTooLarge, isUnderWay } from './outbox.ts'
import { fieldsOf, isSameJson } from './payloads.ts'
import { routeNamed } from './routes.ts'
import type { EffectOf, Tell } from './trace.ts'

/** What is published: which report, where to, when, in which order, with which bytes (PUB, SUB-2, REN-4, REN-5). */
export const wire: Concern = {
  did(facts, effect, tell) {
    if (effect.type === 'mqttPublish') publish(facts, effect, tell)
  },

  settled(facts, tell) {
    if (facts.stop.reason !== null || !hasRoom(facts)) return
    const heldRoutes = new Set<string>()
    for (const report of facts.outbox.pending) {
      if (report.state === 'queued' && canGo(facts, report) && !heldRoutes.has(report.route))
        tell('REN-4', `${report.messageId} is published, for the session is online`)
      if (!isUnderWay(report)) heldRoutes.add(report.route)
    }
  },
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

/** The bytes of a command's report stay known: the cloud may ask for them again (DES-4, PUB-4). */
function keepText({ commands }: Facts, { desiredId, messageId, text }: PendingReport): void {
  if (desiredId === null) return
  for (const route of commands.values()) {
    const answer = route.commands.get(desiredId)?.answer
    if (answer?.messageId === messageId) answer.text = text
  }
}

function throughJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
