import { handledRoutes } from '../catalog/route-name.ts'
import { startCommands } from '../command/decisions.ts'
import type { Effect } from '../effect.ts'
import type { MqttEvent } from '../event.ts'
import { requeueReports } from '../report/decisions.ts'
import { publishQueued } from '../report/outbox.ts'
import { spendTuple } from './authority.ts'
import { backoffMs } from './backoff.ts'
import type { Connection } from './context.ts'
import { diagnose, type Plan, takeId, update } from './plan.ts'
import { reactionTo, reasonText } from './reason.ts'
import { cancelTimer, setTimer } from './timers.ts'
import { writeWill } from './will.ts'

type EventOf<Type extends MqttEvent['type']> = Extract<MqttEvent, { type: Type }>

/** Opens the one connection, with exactly the tuple (CONN-1, CONN-2, CONN-6). */
export function openConnection(plan: Plan): void {
  const { config, catalog, tuple } = plan.context
  if (catalog === null || tuple === null) return
  const { timing, sessionExpirySeconds } = config
  const connection = takeId(plan, 'connection')
  update(plan, {
    connection: {
      id: connection,
      tupleSecret: tuple.secret,
      limits: null,
      online: false,
      asked: [],
      acknowledgementTopic: null,
      desired: [],
      inFlight: [],
    },
  })
  plan.effects.push({
    type: 'mqttConnect',
    connection,
    url: catalog.brokerUrl,
    clientId: tuple.clientId,
    username: tuple.username,
    password: { secret: tuple.secret },
    cleanStart: sessionExpirySeconds === 0,
    sessionExpirySeconds,
    will: writeWill(plan, connection, tuple),
    keepAliveSeconds: Math.min(
      timing.keepAliveSeconds,
      catalog.limits.keepAliveSeconds ?? timing.keepAliveSeconds,
    ),
    timeoutMs: timing.connectTimeoutMs,
  })
  setTimer(plan, 'connectTimeout', timing.connectTimeoutMs)
}

/** Keeps the broker's limits from CONNACK (CONN-5). */
export function keepLimits(plan: Plan, event: EventOf<'mqttConnected'>): void {
  const { receiveMaximum, maximumPacketSize } = event
  updateConnection(plan, { limits: { receiveMaximum, maximumPacketSize } })
}

/** Subscribes to acknowledgements and to the desired topics that were granted and are handled (SUB-1, SUB-4, CRED-4). */
export function subscribe(plan: Plan): void {
  const { config, catalog, tuple, connection } = plan.context
  if (catalog === null || tuple === null || connection === null) return
  const granted = new Set(tuple.scopes)
  const acknowledgementTopic = granted.has(catalog.feedDataAckSubscribeScope)
    ? catalog.feedDataAckTopic
    : null
  const desired = handledRoutes(config, catalog)
    .filter(({ route }) => granted.has(route.desiredSubscribeScope))
    .map(({ desiredTopic, name }) => ({ topic: desiredTopic, route: name }))
  const topics = [
    ...(acknowledgementTopic === null ? [] : [acknowledgementTopic]),
    ...desired.map(({ topic }) => topic),
  ]
  updateConnection(plan, { asked: topics, acknowledgementTopic, desired })
  // MQTT has no SUBSCRIBE without a topic (section 3.8.3).
  if (topics.length === 0) return
  plan.effects.push({ type: 'mqttSubscribe', connection: connection.id, topics })
}

/** What was asked for is granted: online (SUB-2). */
export function goOnline(plan: Plan): void {
  const { config, onlineAfter } = plan.context
  cancelTimer(plan, 'connectTimeout')
  setTimer(plan, 'stableOnline', config.timing.stableOnlineMs)
  updateConnection(plan, { online: true })
  update(plan, { onlineAfter: 'reconnect' })
  plan.effects.push({ type: 'announceOnline', after: onlineAfter })
  plan.signals.push({ type: 'wentOnline', after: onlineAfter })
  warnOfMissingScopes(plan)
  publishQueued(plan)
  startCommands(plan)
}

/** A desired topic that was not granted is told, and no more: its route takes no commands (SUB-3). */
export function noteRefusedTopics(plan: Plan, event: EventOf<'mqttSubscribed'>): void {
  for (const topic of plan.context.connection?.asked ?? []) {
    const grant = event.grants.find((candidate) => candidate.topic === topic)
    if (grant !== undefined && grant.reasonCode < 0x80) continue
    const desired = plan.context.connection?.desired.filter((granted) => granted.topic !== topic) ?? []
    updateConnection(plan, { desired })
    const reason = grant === undefined ? 'no reason' : `reason 0x${grant.reasonCode.toString(16)}`
    diagnose(plan, {
      level: 'error',
      code: 'subscription-refused',
      message: `The broker refused the subscription to ${topic} with ${reason}: no commands come from it.`,
      field: topic,
      rule: 'SUB-3',
    })
  }
}

/** A scope that was not granted keeps reports waiting: the host should know (CRED-4). */
function warnOfMissingScopes(plan: Plan): void {
  const { catalog, tuple } = plan.context
  const needed = new Set(catalog?.routes.map(({ feedDataPublishScope }) => feedDataPublishScope))
  for (const scope of needed)
    if (tuple !== null && !tuple.scopes.includes(scope))
      diagnose(plan, {
        level: 'error',
        code: 'scope-missing',
        message: `The credential lacks ${scope}: reports that need it wait.`,
        field: scope,
        rule: 'CRED-4',
      })
}

/** The session was online long enough: the next loss starts the backoff afresh (REC-2). */
export function becomeStable(plan: Plan): void {
  update(plan, { connectFailures: 0, callFailures: 0 })
}

/** Ends the old session in good order, so that the new tuple can connect (REN-1). */
export function disconnectForRenewal(plan: Plan): void {
  update(plan, { onlineAfter: 'renewal' })
  disconnect(plan, 'renewal')
}

/** Ends a session whose tuple has expired (REN-3, REN-5). */
export function disconnectExpired(plan: Plan): void {
  disconnect(plan, 'expired')
}

/** Ends a session whose acknowledgement topic was refused: catalog and tuple again (SUB-3). */
export function disconnectRefused(plan: Plan): void {
  const topic = plan.context.connection?.acknowledgementTopic ?? ''
  diagnose(plan, {
    level: 'error',
    code: 'subscription-refused',
    message: `The broker refused the subscription to the acknowledgement topic ${topic}. Catalog and credential are asked for again.`,
    field: topic,
    rule: 'SUB-3',
  })
  countConnectFailure(plan)
  spendTuple(plan)
  plan.signals.push({ type: 'catalogDoubted' })
  disconnect(plan, 'refused')
}

/** DISCONNECT (0x00); the wait for the end of the connection is bounded. */
export function disconnect(
  plan: Plan,
  because: Extract<Effect, { type: 'announceOffline' }>['because'],
): void {
  const { connection, config } = plan.context
  if (connection === null) return
  leaveOnline(plan, because)
  cancelTimer(plan, 'connectTimeout')
  plan.effects.push({ type: 'mqttDisconnect', connection: connection.id, reasonCode: 0 })
  setTimer(plan, 'closeTimeout', config.timing.closeTimeoutMs)
}

/** Tells the host, once a connection, that the session is not online any more, and puts its reports back. */
function leaveOnline(plan: Plan, because: Extract<Effect, { type: 'announceOffline' }>['because']): void {
  cancelTimer(plan, 'stableOnline')
  if (plan.context.connection?.online === true) {
    updateConnection(plan, { online: false, inFlight: [] })
    plan.effects.push({ type: 'announceOffline', because })
  }
  requeueReports(plan)
}

/** The connection is gone, as it was meant to be. */
export function endConnection(plan: Plan): void {
  leaveOnline(plan, 'lost')
  cancelTimer(plan, 'connectTimeout')
  cancelTimer(plan, 'closeTimeout')
  update(plan, { connection: null })
}

/** The connection did not get ready, or did not close, in time: it is cut (CONN-3). */
export function cutConnection(plan: Plan): void {
  const { connection } = plan.context
  if (connection !== null) plan.effects.push({ type: 'mqttAbort', connection: connection.id })
  endConnection(plan)
}

/** No SUBACK in time: the connection is cut and counts as failed (CONN-3, REC-1). */
export function failSlowConnection(plan: Plan): void {
  diagnose(plan, {
    level: 'warning',
    code: 'connect-timeout',
    message: 'The broker did not answer CONNECT and SUBSCRIBE in time.',
    rule: 'CONN-3',
  })
  countConnectFailure(plan)
  failConnecting(plan)
  cutConnection(plan)
}

/** No PUBACK in time: the connection is cut and counts as lost; its reports go out again (CONN-3, PUB-7). */
export function failSilentConnection(plan: Plan): void {
  diagnose(plan, {
    level: 'warning',
    code: 'publish-timeout',
    message: 'The broker did not answer a PUBLISH in time: the connection is cut.',
    rule: 'CONN-3',
  })
  countConnectFailure(plan)
  cutConnection(plan)
}

/** CONNACK refused the tuple, or the connection was lost or ended by the broker: what its reason asks for (CONN-4, REC-3). */
export function takeLoss(plan: Plan, event: EventOf<'mqttRefused'> | EventOf<'mqttClosed'>): void {
  const wasReady = plan.context.connection?.online === true
  const reaction = reactionTo(event)
  diagnose(plan, {
    level: reaction.kind === 'backOff' ? 'warning' : 'error',
    code: event.type === 'mqttRefused' ? 'connect-refused' : 'connection-lost',
    message: lossMessage(event),
    rule: reaction.rule,
  })
  countConnectFailure(plan)
  if (reaction.kind === 'newTuple') spendTuple(plan)
  if (reaction.kind === 'newCatalog') leaveServer(plan)
  if (reaction.kind === 'slow') update(plan, { connectDelayMs: plan.context.config.timing.slowRetryMs })
  if (reaction.blamesTuple && !wasReady) failConnecting(plan)
  if (reaction.authorityLost) plan.signals.push({ type: 'authorityLost', reason: 'refused' })
  endConnection(plan)
}

/** The server is not the one to connect to: nothing connects before the catalog was read again (CAT-8, CONN-4, REC-3). */
function leaveServer(plan: Plan): void {
  const { tuple } = plan.context
  if (tuple !== null) update(plan, { tuple: { ...tuple, failed: true } })
  plan.signals.push({ type: 'catalogDoubted' })
}

function lossMessage(event: EventOf<'mqttRefused'> | EventOf<'mqttClosed'>): string {
  const reason = event.reasonCode === null ? '' : ` with reason ${reasonText(event.reasonCode)}`
  if (event.type === 'mqttRefused') return `The broker refused CONNECT${reason}.`
  if (event.cause === 'server') return `The broker ended the connection${reason}.`
  return `The connection ended (${event.cause}${reason}): ${event.detail}`
}

/** Sets the timer before the next connection (REC-2, REC-4). */
export function waitToReconnect(plan: Plan): void {
  const { config, connectFailures, connectDelayMs, tuple } = plan.context
  setTimer(
    plan,
    'reconnect',
    Math.max(connectDelayMs ?? 0, backoffMs(config.timing, connectFailures, plan.random)),
  )
  update(plan, { connectDelayMs: null })
  // The new tuple is fetched during the wait, not after it (REC-1).
  if (tuple === null || tuple.failed) plan.signals.push({ type: 'tupleNeeded' })
}

/** The tuple has run out while the device waited: a new one is needed (REC-1). */
export function askForTuple(plan: Plan): void {
  plan.signals.push({ type: 'tupleNeeded' })
}

/** From this failure in a row on, a new tuple alone has not helped: the catalog may name another broker by now. */
const failuresThatDoubtCatalog = 3

/** Connecting with this tuple failed: one over HTTPS comes next (REC-1), in time with a new catalog (CORE-7). */
function failConnecting(plan: Plan): void {
  const { tuple, connectFailures } = plan.context
  if (tuple !== null) update(plan, { tuple: { ...tuple, failed: true } })
  if (connectFailures >= failuresThatDoubtCatalog) plan.signals.push({ type: 'catalogDoubted' })
}

/** A renewal whose connection fails is an offline period like any other (PUB-11). */
function countConnectFailure(plan: Plan): void {
  const { connectFailures, onlineAfter } = plan.context
  update(plan, {
    connectFailures: connectFailures + 1,
    onlineAfter: onlineAfter === 'renewal' ? 'reconnect' : onlineAfter,
  })
}

function updateConnection(plan: Plan, changes: Partial<Connection>): void {
  const { connection } = plan.context
  if (connection !== null) update(plan, { connection: { ...connection, ...changes } })
}
