import type { DeviceEvent, TimedEvent } from '@realer-device/core'
import type { SessionPath } from '../../packages/core/test/support/session-model.ts'
import type { WaitingDevice } from './waiting-device.ts'

/** One step of a generated path. */
export type PathStep = SessionPath['steps'][number]

/** Makes the world do what a step's event tells of. The one after it may have to be caused amid this one. */
export type Cause<Type extends TimedEvent['type']> = (
  world: WaitingDevice,
  event: Extract<TimedEvent, { type: Type }>,
  next: PathStep | undefined,
) => void | Promise<void>

/** A cause for every event of a kind. */
export type Causes<Type extends TimedEvent['type']> = { readonly [One in Type]: Cause<One> }

/** The event of a step. */
export function eventOf(step: PathStep): TimedEvent {
  return step.event as unknown as TimedEvent
}

/** An event's type, and what tells it from others of its type: what a path and a host must agree on. */
export function variantOf(event: DeviceEvent): readonly unknown[] {
  switch (event.type) {
    case 'callRefused':
      return [event.type, event.status]
    case 'callFailed':
      return [event.type, event.failure]
    case 'catalogRead':
      return [event.type, event.catalog.credentialEndpoint !== null]
    case 'tupleIssued': {
      const { expiresInMs, renewAfterMs, sessionHardExpiresInMs } = event
      const scopes = event.scopes.map((scope) => scope.replace('iot:mqtt:', ''))
      return [event.type, scopes.sort(), expiresInMs, renewAfterMs, sessionHardExpiresInMs]
    }
    case 'mqttSubscribed':
      return [event.type, event.grants.map(({ reasonCode }) => inWords(reasonCode))]
    case 'mqttRefused':
    case 'mqttPublishAnswered':
      return [event.type, inWords(event.reasonCode)]
    case 'mqttClosed':
      // 0x00 is the device's own DISCONNECT: no reason of the broker's.
      return [event.type, inWords(event.reasonCode || null)]
    case 'commandFinished':
      return [event.type, event.outcome]
    case 'stopRequested':
      return [event.type, event.reason]
    default:
      return [event.type]
  }
}

function inWords(reasonCode: number | null): string {
  return reasonCode === null ? 'no reason' : `0x${reasonCode.toString(16).padStart(2, '0')}`
}
