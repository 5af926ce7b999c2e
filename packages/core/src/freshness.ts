import { awaitedCommand } from './command/awaited.ts'
import type { DeviceEvent } from './event.ts'
import type { SessionContext } from './session/context.ts'
import { timerName } from './session/decide.ts'

/**
 * Whether an event speaks of something that is still waited for. Every call, connection, timer and delivery has an
 * id that is never used again: an answer with another id is stale and changes nothing (CORE-4).
 */
export function isFresh(context: SessionContext, event: DeviceEvent): boolean {
  switch (event.type) {
    case 'reportOffered':
    case 'stopRequested':
      return true
    case 'commandFinished':
    case 'commandLate':
    case 'valueRead':
    case 'valueUnknown':
      return awaitedCommand(context, event) !== null
    case 'routeValueRead':
    case 'routeValueUnknown':
      return Object.values(context.commands).some(({ reading }) => reading === event.reading)
    case 'tokenIssued':
    case 'catalogRead':
    case 'tupleIssued':
    case 'tokenRevoked':
    case 'callRefused':
    case 'callFailed':
      return context.call?.id === event.call
    case 'mqttConnected':
    case 'mqttRefused':
    case 'mqttSubscribed':
    case 'mqttMessageReceived':
    case 'mqttClosed':
      return context.connection?.id === event.connection
    case 'mqttPublishAnswered':
      return (
        context.connection?.id === event.connection &&
        context.connection.inFlight.some(({ delivery }) => delivery === event.delivery)
      )
    default: {
      const name = timerName(event.type)
      return name !== null && context.timers[name]?.id === event.timer
    }
  }
}
