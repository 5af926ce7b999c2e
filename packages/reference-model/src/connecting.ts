import type { Connection, Facts } from './facts.ts'
import { fieldsOf, isSameJson, isUtcInstant } from './payloads.ts'
import { routeNamed, topicsOf } from './routes.ts'
import type { EffectOf, Tell } from './trace.ts'

/** CONNECT: one connection, with exactly the newest tuple, to the broker of the catalog (CONN, CAT-2). */
export function connect(facts: Facts, effect: EffectOf<'mqttConnect'>, tell: Tell): void {
  const { link: seen, authority, config, now, stop } = facts
  const { tuple, catalog, secrets } = authority
  if (stop.reason !== null) tell('STOP-1', 'after a stop nothing connects')
  if (seen.connection !== null) tell('CONN-6', 'one connection exists at most')
  if (seen.wait !== null && seen.wait.until > now)
    tell(seen.wait.rule, `the next CONNECT waits ${seen.wait.until - now} ms more`)
  if (tuple === null || catalog === null)
    return tell('CAT-1', 'nothing connects before catalog and tuple are there')
  if (authority.leftServerBy !== null)
    tell(
      authority.leftServerBy,
      'nothing connects to a server that sent the device away before the catalog is read again',
    )
  if (effect.url !== catalog.brokerUrl) tell('CAT-2', 'the broker is the catalog’s')
  if (!effect.url.startsWith('mqtts://')) tell('AUTH-1', 'MQTT goes over TLS only')
  if (effect.password.secret === authority.token?.secret)
    tell('AUTH-8', 'the Bearer token is never the MQTT password')
  const { clientId, username, password } = effect
  if (clientId !== tuple.clientId || username !== tuple.username || password.secret !== tuple.secret)
    tell('CONN-1', 'CONNECT has exactly the newest tuple')
  if (tuple.spentBy !== null)
    tell(tuple.spentBy, 'the tuple is spent: the next CONNECT comes with another one')
  else if (!secrets.has(tuple.secret)) tell('CRED-3', 'the credential of this tuple was dropped')
  if (tuple.endsAt <= now) tell('REN-5', 'no CONNECT with a tuple that has expired')
  checkSession(facts, effect, tell)
  const keepAlive = Math.min(
    config.timing.keepAliveSeconds,
    catalog.limits.keepAliveSeconds ?? config.timing.keepAliveSeconds,
  )
  if (effect.keepAliveSeconds !== keepAlive) tell('CAT-3', `the keep alive is ${keepAlive} s`)
  seen.wait = null
  seen.connection = {
    id: effect.connection,
    tuple,
    phase: 'connecting',
    topics: { acknowledgement: null, desired: new Map() },
    refused: new Set(),
    acknowledgements: 'unknown',
    receiveMaximum: 1,
    maximumPacketSize: null,
    inFlight: new Map(),
    closingFor: null,
  }
  const topics = topicsOf(config, catalog, tuple.scopes)
  // MQTT has no SUBSCRIBE without a topic: then CONNACK is all there is to wait for (ACK-7).
  if (topics.acknowledgement === null && topics.desired.size === 0)
    seen.connection.acknowledgements = 'granted'
}

/** Clean start, no session expiry and no will, unless the host chose otherwise (CONN-2). */
function checkSession(facts: Facts, effect: EffectOf<'mqttConnect'>, tell: Tell): void {
  const { config, authority, step } = facts
  const { sessionExpirySeconds, will } = config
  if (effect.cleanStart !== (sessionExpirySeconds === 0))
    tell('CONN-2', 'the start is clean where no session is kept')
  if (effect.sessionExpirySeconds !== sessionExpirySeconds)
    tell('CONN-2', `the session expiry is ${sessionExpirySeconds} s`)
  const route =
    will === null || authority.catalog === null ? null : routeNamed(config, authority.catalog, will.route)
  // Without the time of day, or without its route, there is no will message to write.
  const expected = isUtcInstant(step.line.wallClock) && route !== null ? will : null
  const told = effect.will
  const fields = fieldsOf(told?.payload ?? '') ?? {}
  const isAsAsked =
    told === null
      ? expected === null
      : told.topic === route?.feedDataTopic &&
        told.delaySeconds === expected?.delaySeconds &&
        isSameJson(fields.value, expected.value) &&
        fields.value_received_at === step.line.wallClock
  if (!isAsAsked) tell('CONN-2', 'the will message is the one that the host asked for')
}

/** SUBSCRIBE: what the catalog names and the credential grants, no more and no less (SUB, CRED-4). */
export function subscribe(
  facts: Facts,
  connection: Connection,
  effect: EffectOf<'mqttSubscribe'>,
  tell: Tell,
): void {
  const { authority, config, now, stop } = facts
  if (stop.reason !== null) tell('STOP-1', 'after a stop nothing is subscribed')
  if (connection.phase !== 'connected') tell('SUB-1', 'one SUBSCRIBE follows a CONNACK')
  if (connection.tuple.endsAt <= now) tell('REN-5', 'no SUBSCRIBE with a tuple that has expired')
  connection.phase = 'subscribing'
  if (authority.catalog === null) return
  const topics = topicsOf(config, authority.catalog, connection.tuple.scopes)
  connection.topics = topics
  const { acknowledgement, desired } = topics
  if (acknowledgement !== null && !effect.topics.includes(acknowledgement))
    tell('SUB-1', `${acknowledgement} is subscribed to`)
  for (const topic of desired.keys())
    if (!effect.topics.includes(topic)) tell('SUB-1', `${topic} is subscribed to`)
  for (const topic of effect.topics) {
    if (topic === acknowledgement || desired.has(topic)) continue
    const route = authority.catalog.routes.find(({ desiredTopic }) => desiredTopic === topic)
    if (topic === authority.catalog.feedDataAckTopic)
      tell('CRED-4', `${topic} needs a scope that is not there`)
    else if (route === undefined) tell('CAT-5', `${topic} is no topic of the catalog`)
    else tell('SUB-4', `no desired state is asked for from ${topic}`)
  }
}
