import { ProtocolFault } from './errors.ts'
import { type Credentials, LARGEST_PACKET_BYTES, type MqttWill, type SessionSettings } from './options.ts'
import type { MqttConnected, MqttRefused } from './outputs.ts'
import { type ConnackPacket, encodeConnect, type WillMessage } from './packets.ts'
import { ReasonCode, reasonName } from './reason-codes.ts'

/**
 * CONNECT (MQTT 5 section 3.1), without topic aliases (CONN-1, CONN-2). An interval of 0 is the standard's own default,
 * and is left out.
 */
export function connectBytes(settings: SessionSettings, credentials: Credentials): Uint8Array {
  const { will, sessionExpirySeconds, receiveMaximum, maximumPacketSize } = settings
  return encodeConnect({
    clientId: settings.clientId,
    username: credentials.username,
    password: credentials.password,
    clean: settings.cleanStart,
    keepalive: settings.keepAliveSeconds,
    ...(will !== null && { will: willOf(will) }),
    properties: {
      ...(sessionExpirySeconds > 0 && { sessionExpiryInterval: sessionExpirySeconds }),
      receiveMaximum,
      maximumPacketSize,
    },
  })
}

function willOf({ topic, payload, delaySeconds }: Required<MqttWill>): WillMessage {
  const properties = delaySeconds > 0 ? { willDelayInterval: delaySeconds } : {}
  return { topic, payload, qos: 1, retain: false, properties }
}

/** Reads CONNACK (section 3.2): the server's limits, or its refusal. Throws ProtocolFault. */
export function readConnack(packet: ConnackPacket, asked: SessionSettings): MqttConnected | MqttRefused {
  const { reasonCode, sessionPresent, properties = {} } = packet
  if (reasonCode >= 0x80) {
    return {
      type: 'refused',
      reasonCode,
      reasonName: reasonName(reasonCode),
      ...(properties.reasonString !== undefined && { reasonString: properties.reasonString }),
      ...(properties.serverReference !== undefined && { serverReference: properties.serverReference }),
    }
  }
  if (reasonCode !== ReasonCode.success) throw protocolError('CONNACK with a reason code that is not defined')
  if (sessionPresent && asked.cleanStart) throw protocolError('CONNACK has a session after a clean start')
  if (properties.receiveMaximum === 0) throw protocolError('receive maximum is 0')
  if (properties.maximumPacketSize === 0) throw protocolError('maximum packet size is 0')
  if (properties.authenticationMethod !== undefined) {
    throw protocolError('CONNACK has an authentication method that was not asked for')
  }
  const assignedClientId = properties.assignedClientIdentifier
  if (asked.clientId === '' && assignedClientId === undefined) {
    throw protocolError('CONNACK assigns no client identifier')
  }
  return {
    type: 'connected',
    sessionPresent,
    sessionExpirySeconds: properties.sessionExpiryInterval ?? asked.sessionExpirySeconds,
    receiveMaximum: properties.receiveMaximum ?? 65_535,
    maximumPacketSize: properties.maximumPacketSize ?? LARGEST_PACKET_BYTES,
    maximumQoS: maximumQoS(properties.maximumQoS),
    retainAvailable: properties.retainAvailable ?? true,
    keepAliveSeconds: properties.serverKeepAlive ?? asked.keepAliveSeconds,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    wildcardSubscriptionAvailable: properties.wildcardSubscriptionAvailable ?? true,
    sharedSubscriptionAvailable: properties.sharedSubscriptionAvailable ?? true,
    ...(assignedClientId !== undefined && { assignedClientId }),
    ...(properties.reasonString !== undefined && { reasonString: properties.reasonString }),
  }
}

// The property can only say 0 or 1; without it the server takes QoS 2 as well (section 3.2.2.3.4).
function maximumQoS(property: number | undefined): 0 | 1 | 2 {
  if (property === undefined) return 2
  return property === 0 ? 0 : 1
}

function protocolError(detail: string): ProtocolFault {
  return new ProtocolFault(ReasonCode.protocolError, detail)
}
