import type { CallEvent, DeviceEvent, MqttEvent, TimerEvent } from '@realer-device/core'

/** Whether an event is that of a timer, whatever other fields it brings. */
export function isTimer(event: DeviceEvent): event is TimerEvent {
  return event.type.startsWith('timer.')
}

/** Whether an event is what an HTTPS call came to. */
export function isCallEvent(event: DeviceEvent): event is CallEvent {
  return /^(tokenIssued|catalogRead|tupleIssued|tokenRevoked|callRefused|callFailed)$/.test(event.type)
}

/** Whether an event is told by the MQTT session of a connection. */
export function isMqttEvent(event: DeviceEvent): event is MqttEvent {
  return event.type.startsWith('mqtt')
}
