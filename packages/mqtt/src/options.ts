import { MqttOptionError } from './errors.ts'
import { isTopicName } from './topics.ts'
import { encodeUtf8, isMqttString, MAXIMUM_FIELD_BYTES } from './utf8.ts'

/** How a session connects. Only `clientId` is required. */
export interface MqttSessionOptions {
  /** Sent exactly as given (CONN-1). Empty lets the server choose one, and needs `cleanStart`. */
  readonly clientId: string
  /** Sent exactly as given (CONN-1). */
  readonly username?: string
  /** Sent exactly as given (CONN-1); needs a `username`. The session forgets it once CONNECT is made (CRED-3). */
  readonly password?: string | Uint8Array
  /** Begin without the server's stored session (CONN-2, section 3.1.2.4). Default true. */
  readonly cleanStart?: boolean
  /**
   * How long the server keeps the session once the connection has ended (CONN-2, section 3.1.2.11.2), 0 to
   * 4294967295 s; the last one is for ever. Default 0: not at all. The server may keep it for less.
   */
  readonly sessionExpirySeconds?: number
  /** What the server publishes where the connection ends without our DISCONNECT (CONN-2). Default null: nothing. */
  readonly will?: MqttWill | null
  /** The keep alive that we ask for, 0 (off) to 65535 s. Default 60. The server may override it. */
  readonly keepAliveSeconds?: number
  /** How long to wait for CONNACK. Default 15000 ms. */
  readonly connectTimeoutMs?: number
  /** How long to wait for PINGRESP, never longer than the keep alive. Default 10000 ms. */
  readonly pingTimeoutMs?: number
  /** How many inbound QoS 1 messages may wait for `acknowledge` at once, 1 to 65535. Default 32. */
  readonly receiveMaximum?: number
  /** The largest inbound packet, in bytes: also the bound of the session's read buffer. Default 65536. */
  readonly maximumPacketSize?: number
}

/** A will message, at QoS 1 and never retained (sections 3.1.2.5 and 3.1.3.2). */
export interface MqttWill {
  readonly topic: string
  /** At most 65535 bytes as UTF-8. */
  readonly payload: string
  /**
   * How long the server waits before it publishes the will, 0 to 4294967295 s. A connection that is back by then keeps
   * it from being published; the end of the session does not wait for it. Default 0.
   */
  readonly delaySeconds?: number
}

/** The options without the credentials, checked and complete. */
export interface SessionSettings {
  readonly clientId: string
  readonly cleanStart: boolean
  readonly sessionExpirySeconds: number
  readonly will: Required<MqttWill> | null
  readonly keepAliveSeconds: number
  readonly connectTimeoutMs: number
  readonly pingTimeoutMs: number
  readonly receiveMaximum: number
  readonly maximumPacketSize: number
}

/** The credentials, checked. Kept apart so that a session can forget them (CRED-3). */
export interface Credentials {
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
}

/** The largest packet that MQTT can express: a five-byte fixed header and its longest remaining length. */
export const LARGEST_PACKET_BYTES = 268_435_460

// The longest delay that timers commonly take, 2^31 - 1 ms.
const LONGEST_DELAY_MS = 2_147_483_647

// Intervals on the wire have four bytes (section 1.5.3).
const LONGEST_INTERVAL_SECONDS = 4_294_967_295

/** Checks the options at the door. Throws {@link MqttOptionError}. */
export function resolveOptions(options: MqttSessionOptions): {
  settings: SessionSettings
  credentials: Credentials
} {
  const cleanStart = booleanOption('cleanStart', options.cleanStart, true)
  const clientId = stringOption('clientId', options.clientId)
  if (clientId === '' && !cleanStart) {
    throw new MqttOptionError('missing-client-id', 'clientId', 'may be empty only with a clean start')
  }
  const username = options.username === undefined ? undefined : stringOption('username', options.username)
  const password = passwordOption(options.password)
  if (password !== undefined && username === undefined) {
    throw new MqttOptionError('missing-username', 'username', 'a password needs a user name')
  }
  const { sessionExpirySeconds, keepAliveSeconds, connectTimeoutMs, pingTimeoutMs } = options
  const { receiveMaximum, maximumPacketSize } = options
  return {
    settings: {
      clientId,
      cleanStart,
      sessionExpirySeconds: integerOption(
        'sessionExpirySeconds',
        sessionExpirySeconds,
        0,
        0,
        LONGEST_INTERVAL_SECONDS,
      ),
      will: willOption(options.will),
      keepAliveSeconds: integerOption('keepAliveSeconds', keepAliveSeconds, 60, 0, 65_535),
      connectTimeoutMs: integerOption('connectTimeoutMs', connectTimeoutMs, 15_000, 1, LONGEST_DELAY_MS),
      pingTimeoutMs: integerOption('pingTimeoutMs', pingTimeoutMs, 10_000, 1, LONGEST_DELAY_MS),
      receiveMaximum: integerOption('receiveMaximum', receiveMaximum, 32, 1, 65_535),
      maximumPacketSize: integerOption(
        'maximumPacketSize',
        maximumPacketSize,
        65_536,
        1,
        LARGEST_PACKET_BYTES,
      ),
    },
    credentials: { username, password },
  }
}

function stringOption(field: string, value: unknown): string {
  if (typeof value !== 'string') throw new MqttOptionError('wrong-type', field, 'must be a string')
  if (!isMqttString(value)) {
    throw new MqttOptionError('not-utf8', field, 'must hold no U+0000 and no lone surrogate')
  }
  if (encodeUtf8(value).length > MAXIMUM_FIELD_BYTES) throw tooLong(field)
  return value
}

function passwordOption(value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return encodeUtf8(stringOption('password', value))
  if (!(value instanceof Uint8Array)) {
    throw new MqttOptionError('wrong-type', 'password', 'must be a string or bytes')
  }
  if (value.length > MAXIMUM_FIELD_BYTES) throw tooLong('password')
  return value
}

function willOption(value: unknown): Required<MqttWill> | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object') throw new MqttOptionError('wrong-type', 'will', 'must be an object')
  const { topic, payload, delaySeconds }: { [field in keyof MqttWill]?: unknown } = value
  const name = stringOption('will.topic', topic)
  if (!isTopicName(name)) {
    throw new MqttOptionError('not-a-topic', 'will.topic', 'must have a character and no wildcard')
  }
  if (typeof payload !== 'string') throw new MqttOptionError('wrong-type', 'will.payload', 'must be a string')
  if (encodeUtf8(payload).length > MAXIMUM_FIELD_BYTES) throw tooLong('will.payload')
  return {
    topic: name,
    payload,
    delaySeconds: integerOption('will.delaySeconds', delaySeconds, 0, 0, LONGEST_INTERVAL_SECONDS),
  }
}

function booleanOption(field: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault
  if (typeof value !== 'boolean') throw new MqttOptionError('wrong-type', field, 'must be true or false')
  return value
}

function integerOption(
  field: string,
  value: unknown,
  byDefault: number,
  least: number,
  most: number,
): number {
  if (value === undefined) return byDefault
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new MqttOptionError('wrong-type', field, 'must be a whole number')
  }
  if (value < least || value > most) {
    throw new MqttOptionError('out-of-range', field, `must be from ${least} to ${most}`)
  }
  return value
}

function tooLong(field: string): MqttOptionError {
  return new MqttOptionError('too-long', field, `must be at most ${MAXIMUM_FIELD_BYTES} bytes`)
}
