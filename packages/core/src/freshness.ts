import type { DeviceEvent } from './event.ts'
import type { SessionContext } from './session/context.ts'
import { timerName } from './session/decide.ts'
import type { Verdict } from './step.ts'
import { timers } from './timer.ts'

/**
 * Whether an event speaks of something that is still waited for. Every call, connection, timer and delivery has an
 * id that is never used again: an answer with another id is stale and changes nothing (CORE-4). What is no event at
 * all is ignored (CORE-3).
 */
export function freshness(context: SessionContext, event: DeviceEvent): Verdict {
  if (!isEvent(event)) return 'ignored'
  switch (event.type) {
    case 'reportOffered':
    case 'stopRequested':
      return 'taken'
    case 'commandFinished':
      return freshIf(openCommand(context, event.desiredId)?.state === 'running')
    case 'valueRead':
      return freshIf(openCommand(context, event.desiredId)?.state === 'asking')
    case 'valueUnknown':
      return freshIf(openCommand(context, event.desiredId) !== undefined)
    case 'tokenIssued':
    case 'catalogRead':
    case 'tupleIssued':
    case 'tokenRevoked':
    case 'callRefused':
    case 'callFailed':
      return freshIf(context.call?.id === event.call)
    case 'mqttConnected':
    case 'mqttRefused':
    case 'mqttSubscribed':
    case 'mqttMessageReceived':
    case 'mqttClosed':
      return freshIf(context.connection?.id === event.connection)
    case 'mqttPublishAnswered':
      return freshIf(
        context.connection?.id === event.connection && context.connection.inFlight.includes(event.delivery),
      )
    default: {
      const name = timerName(event.type)
      return freshIf(name !== null && context.timers[name]?.id === event.timer)
    }
  }
}

function freshIf(fresh: boolean): Verdict {
  return fresh ? 'taken' : 'stale'
}

function openCommand(context: SessionContext, desiredId: string) {
  return Object.values(context.commands)
    .flatMap(({ open }) => open)
    .find((command) => command.desiredId === desiredId)
}

const knownTypes: ReadonlySet<string> = new Set<DeviceEvent['type']>([
  'reportOffered',
  'commandFinished',
  'valueRead',
  'valueUnknown',
  'stopRequested',
  'tokenIssued',
  'catalogRead',
  'tupleIssued',
  'tokenRevoked',
  'callRefused',
  'callFailed',
  'mqttConnected',
  'mqttRefused',
  'mqttSubscribed',
  'mqttPublishAnswered',
  'mqttMessageReceived',
  'mqttClosed',
  ...Object.keys(timers).map((name) => `timer.${name}` as DeviceEvent['type']),
])

function isEvent(event: unknown): event is DeviceEvent {
  const type: unknown = (event as { type?: unknown } | null | undefined)?.type
  return typeof type === 'string' && knownTypes.has(type)
}
