import type { MqttEvent } from '../event.ts'
import { backoffMs } from './backoff.ts'
import { cutConnection, endConnection } from './disconnecting.ts'
import { diagnose, type Plan, update } from './plan.ts'
import { reactionTo, reasonText } from './reason.ts'
import { setTimer } from './timers.ts'
import { spendTuple } from './tuple.ts'

type EventOf<Type extends MqttEvent['type']> = Extract<MqttEvent, { type: Type }>

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
export function countConnectFailure(plan: Plan): void {
  const { connectFailures, onlineAfter } = plan.context
  update(plan, {
    connectFailures: connectFailures + 1,
    onlineAfter: onlineAfter === 'renewal' ? 'reconnect' : onlineAfter,
  })
}
