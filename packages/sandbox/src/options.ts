import * as v from 'valibot'
import { SandboxError } from './errors.ts'
import { routeIdOf } from './ids.ts'

/** How long what the sandbox issues is valid, in seconds (fractions are allowed). */
export interface Lifetimes {
  /** Bearer token: `expires_in`. Default 3600. */
  tokenExpiresInSeconds?: number
  /** Bearer token: `renew_after`. Default three quarters of `tokenExpiresInSeconds`. */
  tokenRenewAfterSeconds?: number
  /** MQTT credential: `expires_in`. Default 3600. */
  credentialExpiresInSeconds?: number
  /** MQTT credential: `renew_after`. Default three quarters of `credentialExpiresInSeconds`. */
  credentialRenewAfterSeconds?: number
  /** MQTT session: `session_hard_expires_in`, from the issue of its credential. Default as `credentialExpiresInSeconds`. */
  sessionHardExpiresInSeconds?: number
}

/** What the broker announces in CONNACK and enforces (MQTT 5, 3.2.2.3). */
export interface BrokerLimits {
  /** Unacknowledged QoS 1 publishes that it takes at once. Default 20. */
  receiveMaximum?: number
  /** Largest packet that it takes, in bytes. Default 65536. */
  maximumPacketSize?: number
  /** Longest keep-alive; a device that asks for a longer one (or none) is given this. Default 120. */
  keepAliveSeconds?: number
}

/** Options of `startSandbox`; every one has a default. */
export interface SandboxOptions {
  /** The broker: our own (`embedded`, the default) or the real Mosquitto. */
  broker?: 'embedded' | 'mosquitto'
  /** The device's id, a number or a text, handed out as it is. Default 12345. */
  deviceId?: string | number
  /** Names of the device's routes. Default one sensor `temperature` and one command `door`. */
  routes?: { sensors: readonly string[]; commands: readonly string[] }
  /** Lifetimes of what is issued. */
  lifetimes?: Lifetimes
  /** Path of the mosquitto program, where it is neither in PATH nor in /usr/sbin. */
  mosquittoPath?: string
  /** Limits of the broker. */
  limits?: BrokerLimits
  /** Port of the HTTPS API on 127.0.0.1. Default 0: any free one. */
  apiPort?: number
  /** Port of the broker on 127.0.0.1. Default 0: any free one. */
  brokerPort?: number
  /** Whether the broker can be reached over WebSocket too, at `brokerWebSocketUrl`. Default false. */
  webSocket?: boolean
  /** Port of the broker's WebSocket on 127.0.0.1, with `webSocket` only. Default 0: any free one. */
  webSocketPort?: number
  /**
   * Which web page may read the answers of the API: its origin, such as `http://127.0.0.1:8080`, or `*` for any. Default:
   * none, so that a browser shows them to no page (CORS).
   */
  corsOrigin?: string
}

type Loose<T> = { [K in keyof T]?: T[K] | undefined }

/** The options with every default filled in. */
export interface Settings {
  broker: 'embedded' | 'mosquitto'
  deviceId: string | number
  routes: { sensors: readonly string[]; commands: readonly string[] }
  lifetimes: Required<Lifetimes>
  limits: Required<BrokerLimits>
  mosquittoPath: string | undefined
  apiPort: number
  brokerPort: number
  webSocket: boolean
  webSocketPort: number
  corsOrigin: string | undefined
}

// A timer of Node holds at most 2^31 - 1 ms, which is a little more than this many seconds.
const LONGEST_SECONDS = 2_000_000
const seconds = v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(LONGEST_SECONDS))
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))
const routeName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z][A-Za-z0-9_-]{0,25}$/, 'must be a letter, then up to 25 letters, digits, "-" or "_"'),
)
/** RFC 6454, 6.1: what a browser sends as Origin, in its own spelling. */
const ORIGIN = /^(\*|https?:\/\/[a-z0-9.[\]:-]+)$/
const optionsSchema = v.strictObject({
  broker: v.optional(v.picklist(['embedded', 'mosquitto'])),
  deviceId: v.optional(
    v.union([
      v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
    ]),
  ),
  routes: v.optional(v.strictObject({ sensors: v.array(routeName), commands: v.array(routeName) })),
  lifetimes: v.optional(
    v.strictObject({
      tokenExpiresInSeconds: v.optional(seconds),
      tokenRenewAfterSeconds: v.optional(seconds),
      credentialExpiresInSeconds: v.optional(seconds),
      credentialRenewAfterSeconds: v.optional(seconds),
      sessionHardExpiresInSeconds: v.optional(seconds),
    }),
  ),
  mosquittoPath: v.optional(v.pipe(v.string(), v.nonEmpty())),
  limits: v.optional(
    v.strictObject({
      receiveMaximum: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
      maximumPacketSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(256), v.maxValue(1_048_576))),
      keepAliveSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
    }),
  ),
  apiPort: v.optional(port),
  brokerPort: v.optional(port),
  webSocket: v.optional(v.boolean()),
  webSocketPort: v.optional(port),
  corsOrigin: v.optional(v.pipe(v.string(), v.regex(ORIGIN, 'must be an origin, https://host:port, or *'))),
})

/** Checks the options and fills in the defaults. Throws `SandboxError` `invalid-option` naming the field. */
export function readOptions(options: SandboxOptions): Settings {
  const parsed = v.safeParse(optionsSchema, options)
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw invalid(v.getDotPath(issue) ?? 'options', issue.message)
  }
  const given = parsed.output
  if (given.webSocketPort !== undefined && given.webSocket !== true)
    throw invalid('webSocketPort', 'is for a sandbox with webSocket: true')
  return {
    broker: given.broker ?? 'embedded',
    deviceId: given.deviceId ?? 12_345,
    routes: checkRoutes(given.routes ?? { sensors: ['temperature'], commands: ['door'] }),
    lifetimes: fillLifetimes(given.lifetimes ?? {}),
    limits: {
      receiveMaximum: given.limits?.receiveMaximum ?? 20,
      maximumPacketSize: given.limits?.maximumPacketSize ?? 65_536,
      keepAliveSeconds: given.limits?.keepAliveSeconds ?? 120,
    },
    mosquittoPath: given.mosquittoPath,
    apiPort: given.apiPort ?? 0,
    brokerPort: given.brokerPort ?? 0,
    webSocket: given.webSocket ?? false,
    webSocketPort: given.webSocketPort ?? 0,
    corsOrigin: given.corsOrigin,
  }
}

function fillLifetimes(given: Loose<Lifetimes>): Required<Lifetimes> {
  const tokenExpiresInSeconds = given.tokenExpiresInSeconds ?? 3600
  const credentialExpiresInSeconds = given.credentialExpiresInSeconds ?? 3600
  const filled = {
    tokenExpiresInSeconds,
    tokenRenewAfterSeconds: given.tokenRenewAfterSeconds ?? threeQuarters(tokenExpiresInSeconds),
    credentialExpiresInSeconds,
    credentialRenewAfterSeconds:
      given.credentialRenewAfterSeconds ?? threeQuarters(credentialExpiresInSeconds),
    sessionHardExpiresInSeconds: given.sessionHardExpiresInSeconds ?? credentialExpiresInSeconds,
  }
  if (filled.tokenRenewAfterSeconds >= tokenExpiresInSeconds) {
    throw invalid('lifetimes.tokenRenewAfterSeconds', 'must be below tokenExpiresInSeconds')
  }
  if (filled.credentialRenewAfterSeconds >= credentialExpiresInSeconds) {
    throw invalid('lifetimes.credentialRenewAfterSeconds', 'must be below credentialExpiresInSeconds')
  }
  return filled
}

/** In whole seconds where that leaves any. */
function threeQuarters(seconds: number): number {
  return Number.isInteger(seconds) && seconds > 1 ? Math.floor(seconds * 0.75) : seconds * 0.75
}

function checkRoutes(routes: Settings['routes']): Settings['routes'] {
  const seen = new Map<string, string>()
  for (const list of ['sensors', 'commands'] as const) {
    for (const [index, name] of routes[list].entries()) {
      const other = seen.get(routeIdOf(name))
      if (other !== undefined) {
        throw invalid(`routes.${list}.${index}`, `"${name}" gives the same route id as "${other}"`)
      }
      seen.set(routeIdOf(name), name)
    }
  }
  return routes
}

function invalid(field: string, message: string): SandboxError {
  return new SandboxError('invalid-option', `${field}: ${message}`, field)
}
