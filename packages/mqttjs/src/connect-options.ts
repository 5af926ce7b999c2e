import type { MqttConnectRequest } from '@realer-device/host'
import { type IClientOptions, Store, UniqueMessageIdProvider } from 'mqtt'

/** How many messages may wait for `acknowledge` at once: told to the broker in CONNECT. */
export const OUR_RECEIVE_MAXIMUM = 32

/** The largest packet that the broker may send, in bytes: told to it in CONNECT. */
export const OUR_MAXIMUM_PACKET_BYTES = 65_536

/** The longest delay that timers take. */
const NEVER_MS = 2_147_483_647

/** MQTT.js pings after one keep alive without an answer, and gives up after another half: too late by a third (CONN-3). */
const KEEP_ALIVE_SHARE = 0.75

/**
 * MQTT.js's options for exactly one connection: CONNECT as it is asked for, and all that MQTT.js would do by itself
 * turned off. The password is among them: see to it that it leaves them again (CRED-3).
 */
export function connectOptions(request: MqttConnectRequest, password: string): IClientOptions {
  const { clientId, username, cleanStart, sessionExpirySeconds, will, keepAliveSeconds } = request
  return {
    protocolVersion: 5,
    clientId,
    username,
    // As bytes: mqtt-packet writes every string that it encodes to its debug log.
    password: Buffer.from(password),
    clean: cleanStart,
    keepalive: keepAliveSeconds,
    ...(will !== null && { will: willOf(will) }),
    properties: {
      ...(sessionExpirySeconds > 0 && { sessionExpiryInterval: sessionExpirySeconds }),
      receiveMaximum: OUR_RECEIVE_MAXIMUM,
      maximumPacketSize: OUR_MAXIMUM_PACKET_BYTES,
    },
    // The machine decides on every further attempt, subscription and publish (REC-1, SUB-1, PUB-7).
    reconnectPeriod: 0,
    reconnectOnConnackError: false,
    resubscribe: false,
    queueQoSZero: false,
    // Our own timer bounds the way to CONNACK: MQTT.js cannot say that it was the time that ran out.
    connectTimeout: NEVER_MS,
    timerVariant: {
      set: (fire, delayMs = 0) => Number(setInterval(() => fire(), delayMs * KEEP_ALIVE_SHARE)),
      clear: (timer) => clearInterval(timer),
    },
    // MQTT.js's own count goes round, and takes ids that are in use.
    messageIdProvider: new UniqueMessageIdProvider(),
    // A store that is closed "clean" throws when a late PUBACK looks for its message.
    incomingStore: new Store({ clean: false }),
    outgoingStore: new Store({ clean: false }),
    // The debug log would show CONNECT, with all that is in it (CRED-3).
    log: () => {},
    // 65,536 buffers at the first packet otherwise.
    writeCache: false,
  }
}

function willOf({ topic, payload, delaySeconds }: NonNullable<MqttConnectRequest['will']>) {
  return {
    topic,
    payload,
    qos: 1 as const,
    retain: false,
    ...(delaySeconds > 0 && { properties: { willDelayInterval: delaySeconds } }),
  }
}
