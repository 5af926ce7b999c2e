import type { MqttEvent } from '../event.ts'

/** What the end of a connection asks for. */
export interface Reaction {
  readonly kind: 'newTuple' | 'newCatalog' | 'slow' | 'backOff'
  /** The broker said no to the device's authorization (SAFE-3). */
  readonly authorityLost: boolean
  readonly rule: 'CONN-4' | 'REC-1' | 'REC-3'
}

type Loss = Extract<MqttEvent, { type: 'mqttRefused' | 'mqttClosed' }>

/** MQTT 5 section 3.2.2.2: bad user name or password, not authorized. */
const refusedTuple: ReadonlySet<number> = new Set([0x86, 0x87])
/** Use another server, server moved. */
const movedServer: ReadonlySet<number> = new Set([0x9c, 0x9d])
/** Server unavailable, server busy, quota exceeded, connection rate exceeded. */
const busyServer: ReadonlySet<number> = new Set([0x88, 0x89, 0x97, 0x9f])
/** Section 3.14.2.1: not authorized, administrative action, maximum connect time. */
const endedTuple: ReadonlySet<number> = new Set([0x87, 0x98, 0xa0])
/** Session taken over. */
const takenOver = 0x8e

/** Sorts the end of a connection by its reason code (CONN-4, REC-3). */
export function reactionTo(event: Loss): Reaction {
  const { reasonCode } = event
  if (event.type === 'mqttRefused') {
    if (reasonCode !== null && refusedTuple.has(reasonCode))
      return { kind: 'newTuple', authorityLost: true, rule: 'CONN-4' }
    if (reasonCode !== null && movedServer.has(reasonCode))
      return { kind: 'newCatalog', authorityLost: false, rule: 'CONN-4' }
    if (reasonCode !== null && busyServer.has(reasonCode))
      return { kind: 'backOff', authorityLost: false, rule: 'CONN-4' }
    return { kind: 'slow', authorityLost: true, rule: 'CONN-4' }
  }
  if (reasonCode === null) return { kind: 'backOff', authorityLost: false, rule: 'REC-1' }
  if (endedTuple.has(reasonCode))
    return { kind: 'newTuple', authorityLost: reasonCode === 0x87, rule: 'REC-3' }
  if (movedServer.has(reasonCode)) return { kind: 'newCatalog', authorityLost: false, rule: 'REC-3' }
  if (reasonCode === takenOver) return { kind: 'slow', authorityLost: false, rule: 'REC-3' }
  return { kind: 'backOff', authorityLost: false, rule: 'REC-3' }
}
