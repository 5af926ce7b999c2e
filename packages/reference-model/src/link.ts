import type { DeviceEvent } from '@realer-device/core'
import type { Concern } from './concern.ts'
import { connect, subscribe } from './connecting.ts'
import { closeDemand, connackDemand, type Demand } from './demands.ts'
import { isMqttEvent } from './event-kind.ts'
import { type Connection, type Facts, isAsking, longestBackoffMs, usableTuple } from './facts.ts'
import type { EffectOf, EventOf, Tell } from './trace.ts'

/** The one MQTT connection: its tuple, its phases, and what its end demands (CONN, SUB, REN, REC). */
export const link: Concern = {
  heard(facts, event) {
    const { connection } = facts.link
    if (event.type === 'timer.stableOnline' && connection?.phase === 'online') facts.link.failures = 0
    if (connection === null || !isMqttEvent(event) || event.connection !== connection.id) return
    switch (event.type) {
      case 'mqttConnected':
        connection.phase = 'connected'
        connection.receiveMaximum = event.receiveMaximum
        connection.maximumPacketSize = event.maximumPacketSize
        break
      case 'mqttSubscribed':
        hearGrants(connection, event)
        break
      case 'mqttPublishAnswered':
        connection.inFlight.delete(event.delivery)
        break
      case 'mqttRefused':
      case 'mqttClosed':
        hearEnd(facts, connection, event)
        break
    }
  },

  did(facts, effect, tell) {
    const { link: seen, config, now, step } = facts
    const { connection } = seen
    // With the end of its tuple a renewal has become an offline period (PUB-11).
    if (step.fired.has('expireTuple')) seen.renewing = false
    if (
      (effect.type === 'mqttSubscribe' || effect.type === 'mqttDisconnect' || effect.type === 'mqttAbort') &&
      connection?.id !== effect.connection
    )
      return tell('CONN-6', `${effect.type} speaks of the one connection that exists`)
    switch (effect.type) {
      case 'mqttConnect':
        connect(facts, effect, tell)
        break
      case 'mqttSubscribe':
        if (connection !== null) subscribe(facts, connection, effect, tell)
        break
      case 'mqttDisconnect':
        if (connection !== null) disconnect(facts, connection, effect, tell)
        break
      case 'mqttAbort':
        if (connection !== null) abort(facts, connection, tell)
        break
      case 'announceOnline':
        announceOnline(facts, effect, tell)
        break
      case 'announceOffline':
        if (!seen.toldOnline) tell('SAFE-3', 'the host is told once that the session is not online')
        seen.toldOnline = false
        break
      case 'setTimer': {
        if (effect.timer !== 'reconnect') break
        const least = Math.max(config.timing.backoffFloorMs, (seen.wait?.until ?? 0) - now)
        const slowMs = facts.step.demand?.wait === 'either' ? config.timing.slowRetryMs : 0
        const most = Math.max(least, longestBackoffMs(facts, seen.failures), slowMs)
        if (effect.delayMs < least || effect.delayMs > most)
          tell('REC-2', `the wait before the next CONNECT is between ${least} and ${most} ms`)
        break
      }
    }
  },

  settled(facts, tell) {
    const { link: seen, authority, now, stop, timers, step } = facts
    const { connection } = seen
    if (seen.toldOnline !== (connection?.phase === 'online'))
      tell('SAFE-3', 'the host is told when the session is online, and when it is not any more')
    if (stop.reason !== null) return
    if (step.demand !== null && !step.line.effects.some(({ type }) => type === 'diagnose'))
      tell(step.demand.rule, 'the end of a connection is told')
    if (connection === null) {
      const isReplaced = authority.tuple?.replaceable === true && isAsking(facts)
      if (usableTuple(facts) !== null && !isReplaced && !timers.has('reconnect'))
        tell(authority.tuple?.keptBy ?? 'REC-1', 'a lost connection is rebuilt with the tuple that is valid')
      return
    }
    if (connection.phase === 'closing') return
    if (connection.phase === 'connected') tell('SUB-1', 'after CONNACK the device subscribes')
    if (connection.tuple.endsAt <= now) tell('REN-3', 'a session whose tuple has expired is closed')
    if (authority.tuple !== connection.tuple) tell('REN-1', 'a new tuple replaces the session')
    if (connection.acknowledgements === 'refused')
      tell('SUB-3', 'without the acknowledgement topic the session is closed')
    if (connection.acknowledgements === 'granted' && connection.phase === 'subscribing')
      tell('SUB-2', 'with the acknowledgement topic granted the session is online')
  },
}

/** What the SUBACK granted. */
function hearGrants(connection: Connection, { grants }: EventOf<'mqttSubscribed'>): void {
  const isGranted = (topic: string) =>
    grants.find((grant) => grant.topic === topic)?.reasonCode !== undefined &&
    grants.some((grant) => grant.topic === topic && grant.reasonCode < 0x80)
  const { acknowledgement, desired } = connection.topics
  // Without the acknowledgement topic the session ends anyway (SUB-3).
  if (acknowledgement !== null && !isGranted(acknowledgement)) {
    connection.acknowledgements = 'refused'
    return
  }
  connection.acknowledgements = 'granted'
  connection.refused = new Set([...desired.keys()].filter((topic) => !isGranted(topic)))
}

/** The connection is gone: as it was told to, or by itself. */
function hearEnd(
  facts: Facts,
  connection: Connection,
  event: EventOf<'mqttClosed'> | EventOf<'mqttRefused'>,
): void {
  facts.link.connection = null
  if (connection.phase === 'closing') return closed(facts, connection)
  lose(
    facts,
    connection,
    event.type === 'mqttRefused' ? connackDemand(event.reasonCode) : closeDemand(event.reasonCode),
  )
}

/** A connection that was told to close has ended: only a renewal connects again at once (REN-1, REC-4). */
function closed({ link: seen, now, config }: Facts, { closingFor }: Connection): void {
  seen.wait = closingFor === 'renewal' ? null : { until: now + config.timing.backoffFloorMs, rule: 'REC-4' }
}

function lose(facts: Facts, { tuple, phase }: Connection, demand: Demand): void {
  const { link: seen, now, config, step } = facts
  const isSlow = demand.wait === 'slow'
  const waitMs = isSlow ? config.timing.slowRetryMs : config.timing.backoffFloorMs
  seen.wait = { until: now + waitMs, rule: isSlow ? demand.rule : 'REC-4' }
  seen.failures += 1
  seen.renewing = false
  step.demand = demand
  if (demand.safe !== 'no') step.refusal = demand.safe
  tuple.keptBy = demand.tuple === 'same' ? demand.rule : null
  // REC-1: where no CONNACK came, the tuple has failed; where no SUBACK came, it may have.
  if (demand.tuple === 'new') tuple.spentBy = demand.rule
  if (demand.tuple === 'any' && demand.rule === 'REC-1' && phase === 'connecting') tuple.spentBy = 'REC-1'
  if (demand.tuple === 'any' && (phase !== 'online' || demand.catalog)) tuple.replaceable = true
}

function disconnect(
  facts: Facts,
  connection: Connection,
  effect: EffectOf<'mqttDisconnect'>,
  tell: Tell,
): void {
  const { authority, now, stop } = facts
  if (connection.phase === 'closing') tell('CONN-6', 'a connection is told to close once')
  const isNewer = authority.tuple !== null && authority.tuple !== connection.tuple
  connection.closingFor =
    stop.reason !== null
      ? 'stopped'
      : connection.tuple.endsAt <= now
        ? 'expired'
        : isNewer
          ? 'renewal'
          : connection.acknowledgements === 'refused'
            ? 'refused'
            : null
  const { event } = facts.step.line
  const isMalformed = event?.type === 'callFailed' && event.failure === 'malformed'
  if (connection.closingFor === null) tell(isMalformed ? 'CAT-7' : 'REN-1', 'a session that is good goes on')
  if (effect.reasonCode !== 0) tell(stop.reason === null ? 'REN-1' : 'STOP-1', 'DISCONNECT says 0x00')
  // Only a session that was online can be renewed; the end of any other belongs to an offline period (PUB-11).
  if (connection.closingFor !== 'renewal') facts.link.renewing = false
  else if (connection.phase === 'online') facts.link.renewing = true
  if (connection.closingFor === 'refused') {
    connection.tuple.spentBy = 'SUB-3'
    facts.link.failures += 1
  }
  connection.inFlight.clear()
  connection.phase = 'closing'
}

/** The connection is cut: because it did not get ready, or did not close, in time, or has a better one to make room for. */
function abort(facts: Facts, connection: Connection, tell: Tell): void {
  const { authority, now, stop, step, link: seen, config } = facts
  seen.connection = null
  if (connection.phase === 'closing') {
    const isInTime = !step.fired.has('closeTimeout') && !step.fired.has('stopTimeout')
    if (isInTime && stop.reason !== 'compromise') tell('CONN-3', 'a connection that closes has its time')
    return closed(facts, connection)
  }
  if (stop.reason !== null) return
  const isLate = connection.phase === 'online' ? 'publishTimeout' : 'connectTimeout'
  if (step.fired.has(isLate)) {
    // The rules know no reason for it: the same as a connection that is lost.
    lose(facts, connection, closeDemand(null))
    authority.failures += 2
  } else if (connection.tuple.endsAt <= now) {
    seen.wait = { until: now + config.timing.backoffFloorMs, rule: 'REC-4' }
    seen.renewing = false
    seen.failures += 1
  } else if (authority.tuple === connection.tuple || connection.phase !== 'connecting')
    tell('REN-1', 'a connection that is good is not cut')
}

function announceOnline(facts: Facts, { after }: EffectOf<'announceOnline'>, tell: Tell): void {
  const { link: seen, step, now } = facts
  const { connection } = seen
  const isReady =
    connection !== null &&
    (connection.phase === 'subscribing' || connection.phase === 'connected') &&
    connection.acknowledgements === 'granted'
  if (!isReady) tell('SUB-2', 'the session is online from the grant of the acknowledgement topic')
  if (connection !== null && connection.tuple.endsAt <= now) tell('REN-5', 'an expired session is not online')
  const expected = seen.renewing ? 'renewal' : seen.everOnline ? 'reconnect' : 'start'
  // Before it was ever online, a second attempt may go by either name.
  const isRetriedStart = expected === 'start' && after === 'reconnect'
  if (after !== expected && !isRetriedStart)
    tell('PUB-11', `the session is online after a ${expected}: only then are physical values asked for`)
  if (connection !== null) {
    connection.phase = 'online'
    for (const topic of connection.refused)
      if (!step.line.effects.some((effect) => effect.type === 'diagnose' && effect.field === topic))
        tell('SUB-3', `the host is told that ${topic} was refused`)
  }
  seen.toldOnline = true
  seen.everOnline = true
  seen.renewing = false
  step.wentOnline = after
}

/** Whether an event means something to the connection in its phase (CORE-3). */
export function connectionAwaits({ link: { connection } }: Facts, event: DeviceEvent): boolean {
  switch (event.type) {
    case 'mqttConnected':
    case 'mqttRefused':
      return connection?.phase === 'connecting'
    case 'mqttSubscribed':
      return connection?.phase === 'subscribing'
    default:
      return true
  }
}
