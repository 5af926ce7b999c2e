import type { Effect } from '../effect.ts'
import type { MqttEvent } from '../event.ts'
import { requeueReports } from '../report/decisions.ts'
import { updateConnection } from './connecting.ts'
import { countConnectFailure } from './loss.ts'
import { diagnose, type Plan, update } from './plan.ts'
import { cancelTimer, setTimer } from './timers.ts'
import { spendTuple } from './tuple.ts'

/** Ends the old session in good order, so that the new tuple can connect (REN-1). */
export function disconnectForRenewal(plan: Plan): void {
  // A session that was not online yet is no renewal: what comes after it ends an offline period (PUB-11).
  if (plan.context.connection?.online === true) update(plan, { onlineAfter: 'renewal' })
  disconnect(plan, 'renewal')
}

/** Ends a session whose tuple has expired (REN-3, REN-5). */
export function disconnectExpired(plan: Plan): void {
  disconnect(plan, 'expired')
}

/** Ends a session whose acknowledgement topic was refused: catalog and tuple again (SUB-3); "not authorized" is a refusal (SAFE-1). */
export function disconnectRefused(plan: Plan, event: Extract<MqttEvent, { type: 'mqttSubscribed' }>): void {
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
  if (event.grants.some((grant) => grant.topic === topic && grant.reasonCode === 0x87))
    plan.signals.push({ type: 'authorityLost', reason: 'refused' })
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
