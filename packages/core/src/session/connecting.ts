import { handledRoutes } from '../catalog/route-name.ts'
import { startCommands } from '../command/decisions.ts'
import type { MqttEvent } from '../event.ts'
import { publishQueued } from '../report/outbox.ts'
import type { Connection } from './context.ts'
import { diagnose, type Plan, takeId, update } from './plan.ts'
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

export function updateConnection(plan: Plan, changes: Partial<Connection>): void {
  const { connection } = plan.context
  if (connection !== null) update(plan, { connection: { ...connection, ...changes } })
}
