import type { MqttConnectRequest } from '@realer-device/host'
import type { IConnackPacket } from 'mqtt'
import { PROTOCOL_ERROR, ProtocolFault } from './protocol-fault.ts'

/** What the broker allows on this connection (CONN-5). */
export interface Limits {
  readonly receiveMaximum: number
  /** Bytes; null where the broker sets no limit. */
  readonly maximumPacketSize: number | null
  /** Whether QoS 1 may be published at all. */
  readonly takesQoS1: boolean
  readonly takesWildcards: boolean
  readonly takesSharedSubscriptions: boolean
  /** The keep alive that holds: the broker's own, or the one asked for. */
  readonly keepAliveSeconds: number
}

/** Reads CONNACK (MQTT 5 section 3.2): its limits, or the reason code of a refusal. Throws {@link ProtocolFault}. */
export function readConnack(packet: IConnackPacket, asked: MqttConnectRequest): Limits | number {
  const { reasonCode = 0, sessionPresent, properties = {} } = packet
  if (reasonCode >= 0x80) return reasonCode
  if (reasonCode > 0) throw fault('CONNACK with a reason code that is not defined')
  if (sessionPresent && asked.cleanStart) throw fault('CONNACK has a session after a clean start')
  if (properties.authenticationMethod !== undefined)
    throw fault('CONNACK has an authentication method that was not asked for')
  return {
    receiveMaximum: positive('receive maximum', properties.receiveMaximum) ?? 65_535,
    maximumPacketSize: positive('maximum packet size', properties.maximumPacketSize),
    takesQoS1: properties.maximumQoS !== 0,
    takesWildcards: properties.wildcardSubscriptionAvailable !== false,
    takesSharedSubscriptions: properties.sharedSubscriptionAvailable !== false,
    keepAliveSeconds: properties.serverKeepAlive ?? asked.keepAliveSeconds,
  }
}

/** A number of CONNACK, null where there is none; MQTT.js makes a list of one that is there twice. */
function positive(what: string, value: unknown): number | null {
  if (value === undefined) return null
  if (typeof value === 'number' && value > 0) return value
  throw fault(`CONNACK has no usable ${what}`)
}

function fault(message: string): ProtocolFault {
  return new ProtocolFault(PROTOCOL_ERROR, message)
}
