import type { MqttEvent } from '../event.ts'

/** What the end of a connection asks for. */
export interface Reaction {
  readonly kind: 'newTuple' | 'newCatalog' | 'slow' | 'backOff'
  /** The broker said no to the device's authorization (SAFE-3). */
  readonly authorityLost: boolean
  /** Before the session was online it may be the tuple's own fault, such as its client id (REC-1). */
  readonly blamesTuple: boolean
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
/** Server busy, server shutting down, message rate too high, quota exceeded: no tuple is to blame. */
const leavingServer: ReadonlySet<number> = new Set([0x89, 0x8b, 0x96, 0x97])
/** Session taken over. */
const takenOver = 0x8e

/** The reasons by the standard's names, for people (MQTT 5 section 2.4). */
const reasonNames = new Map([
  [0x81, 'malformed packet'],
  [0x82, 'protocol error'],
  [0x84, 'unsupported protocol version'],
  [0x85, 'client identifier not valid'],
  [0x86, 'bad user name or password'],
  [0x87, 'not authorized'],
  [0x88, 'server unavailable'],
  [0x89, 'server busy'],
  [0x8a, 'banned'],
  [0x8b, 'server shutting down'],
  [0x8d, 'keep alive timeout'],
  [0x8e, 'session taken over: another device connects with this identity'],
  [0x93, 'receive maximum exceeded'],
  [0x95, 'packet too large'],
  [0x96, 'message rate too high'],
  [0x97, 'quota exceeded'],
  [0x98, 'administrative action'],
  [0x9c, 'use another server'],
  [0x9d, 'server moved'],
  [0x9f, 'connection rate exceeded'],
  [0xa0, 'maximum connect time'],
])

/** A reason code with its name, such as `0x8b (server shutting down)`. */
export function reasonText(reasonCode: number): string {
  const code = `0x${reasonCode.toString(16).padStart(2, '0')}`
  const name = reasonNames.get(reasonCode)
  return name === undefined ? code : `${code} (${name})`
}

/** Sorts the end of a connection by its reason code (CONN-4, REC-3). */
export function reactionTo(event: Loss): Reaction {
  return event.type === 'mqttRefused' ? reactionToConnack(event) : reactionToEnd(event)
}

function reactionToConnack({ reasonCode }: Extract<Loss, { type: 'mqttRefused' }>): Reaction {
  const rule = 'CONN-4'
  if (refusedTuple.has(reasonCode)) return { kind: 'newTuple', authorityLost: true, blamesTuple: true, rule }
  if (movedServer.has(reasonCode))
    return { kind: 'newCatalog', authorityLost: false, blamesTuple: false, rule }
  if (busyServer.has(reasonCode)) return { kind: 'backOff', authorityLost: false, blamesTuple: false, rule }
  return { kind: 'slow', authorityLost: true, blamesTuple: true, rule }
}

function reactionToEnd({ reasonCode }: Extract<Loss, { type: 'mqttClosed' }>): Reaction {
  const rule = 'REC-3'
  if (reasonCode === null) return { kind: 'backOff', authorityLost: false, blamesTuple: true, rule: 'REC-1' }
  if (endedTuple.has(reasonCode))
    return { kind: 'newTuple', authorityLost: reasonCode === 0x87, blamesTuple: true, rule }
  if (movedServer.has(reasonCode))
    return { kind: 'newCatalog', authorityLost: false, blamesTuple: false, rule }
  if (reasonCode === takenOver) return { kind: 'slow', authorityLost: false, blamesTuple: false, rule }
  return { kind: 'backOff', authorityLost: false, blamesTuple: !leavingServer.has(reasonCode), rule }
}
