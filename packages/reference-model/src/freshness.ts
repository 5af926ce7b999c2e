import type { CallPurpose, DeviceEvent, TimerEvent, TimerName } from '@realer-device/core'
import type { Command, Facts } from './facts.ts'
import { connectionAwaits } from './link.ts'

/** Whether what an event answers is still waited for (CORE-4). */
export function isFresh(facts: Facts, event: DeviceEvent): boolean {
  const { link, authority, timers } = facts
  switch (event.type) {
    case 'reportOffered':
    case 'stopRequested':
      return true
    case 'commandFinished':
    case 'commandLate':
      return isOpen(facts, event.desiredId, 'running')
    case 'valueRead':
      return isOpen(facts, event.desiredId, 'asking')
    case 'valueUnknown':
      return isOpen(facts, event.desiredId, 'running') || isOpen(facts, event.desiredId, 'asking')
    case 'routeValueRead':
    case 'routeValueUnknown':
      return [...facts.commands.values()].some(({ reading }) => reading === event.reading)
    case 'mqttPublishAnswered':
      return link.connection?.id === event.connection && link.connection.inFlight.has(event.delivery)
    default:
      if (isTimer(event))
        return timers.get(event.type.slice('timer.'.length) as TimerName)?.id === event.timer
      if ('call' in event) return authority.call?.id === event.call
      return 'connection' in event && link.connection?.id === event.connection
  }
}

/** Whether an event is that of a timer, whatever other fields it brings. */
export function isTimer(event: DeviceEvent): event is TimerEvent {
  return event.type.startsWith('timer.')
}

function isOpen({ commands }: Facts, desiredId: string, state: Command['state']): boolean {
  return [...commands.values()].some((route) => route.commands.get(desiredId)?.state === state)
}

const answers: { readonly [type: string]: CallPurpose } = {
  tokenIssued: 'token',
  catalogRead: 'catalog',
  tupleIssued: 'credential',
  tokenRevoked: 'revoke',
}

/** Whether a device must act on an event that is fresh: to ignore it would park something (CORE-3, CORE-7). */
export function isAwaited(facts: Facts, event: DeviceEvent): boolean {
  const { stop, authority, link } = facts
  if (event.type === 'stopRequested') return stop.reason === null
  if (event.type === 'reportOffered') return true
  if (stop.reason !== null) return event.type === 'mqttClosed' && !stop.over
  if (isTimer(event)) return false
  if ('call' in event) return (answers[event.type] ?? authority.call?.purpose) === authority.call?.purpose
  if (event.type === 'mqttMessageReceived') {
    const { topics, refused } = link.connection ?? {}
    if (topics?.acknowledgement === event.topic) return true
    return topics?.desired.has(event.topic) === true && refused?.has(event.topic) === false
  }
  if ('connection' in event) return connectionAwaits(facts, event)
  return true
}
