import type { CallPurpose, DeviceEvent } from '@realer-device/core'
import type { Command, Facts } from './facts.ts'
import { connectionAwaits } from './link.ts'

/** Whether what an event answers is still waited for (CORE-4). */
export function isFresh(facts: Facts, event: DeviceEvent): boolean {
  const { link, authority, timers } = facts
  if ('call' in event) return authority.call?.id === event.call
  if (event.type === 'mqttPublishAnswered')
    return link.connection?.id === event.connection && link.connection.inFlight.has(event.delivery)
  if ('connection' in event) return link.connection?.id === event.connection
  if ('timer' in event) return timers.get(event.type.slice('timer.'.length) as 'reports')?.id === event.timer
  if (!('desiredId' in event)) return true
  const states: readonly Command['state'][] =
    event.type === 'valueUnknown'
      ? ['running', 'asking']
      : event.type === 'valueRead'
        ? ['asking']
        : ['running']
  return [...facts.commands.values()].some(({ commands }) => {
    const command = commands.get(event.desiredId)
    return command !== undefined && states.includes(command.state)
  })
}

const answers: { readonly [type: string]: CallPurpose } = {
  tokenIssued: 'token',
  catalogRead: 'catalog',
  tupleIssued: 'credential',
  tokenRevoked: 'revoke',
}

/** Whether a device that has not stopped must act on an event that is fresh: to ignore it would park something (CORE-3). */
export function isAwaited(facts: Facts, event: DeviceEvent): boolean {
  const { stop, authority, link } = facts
  if (event.type === 'stopRequested') return stop.reason === null
  if (stop.reason !== null) return event.type === 'mqttClosed' && !stop.over
  if ('call' in event) return (answers[event.type] ?? authority.call?.purpose) === authority.call?.purpose
  if (event.type === 'mqttMessageReceived') {
    const topics = link.connection?.topics
    return topics !== undefined && (topics.acknowledgement === event.topic || topics.desired.has(event.topic))
  }
  if ('connection' in event) return connectionAwaits(facts, event)
  return event.type === 'reportOffered' || 'desiredId' in event
}
