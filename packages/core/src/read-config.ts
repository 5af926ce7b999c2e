import * as v from 'valibot'
import type { DeviceConfig, Limits, Timing } from './config.ts'
import { isJsonValue, type JsonValue } from './json.ts'
import { validate } from './validate.ts'

/** A configuration that cannot be used: a caller's mistake, thrown at the door. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'config-invalid'
  /** Path of the field at fault, such as `timing.backoffFloorMs`. */
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** What a caller gives to `readConfig`: everything but `deviceId` has a default. */
export interface DeviceOptions extends Partial<Omit<DeviceConfig, 'timing' | 'limits'>> {
  readonly deviceId: string | number
  readonly timing?: Partial<Timing>
  readonly limits?: Partial<Limits>
}

/** The durations a device has unless its host says otherwise. */
export const defaultTiming: Timing = {
  callTimeoutMs: 30_000,
  connectTimeoutMs: 30_000,
  closeTimeoutMs: 5_000,
  stopTimeoutMs: 15_000,
  keepAliveSeconds: 60,
  backoffFloorMs: 1_000,
  backoffCapMs: 300_000,
  slowRetryMs: 300_000,
  retryAfterCapMs: 86_400_000,
  stableOnlineMs: 60_000,
  publishTimeoutMs: 30_000,
  commandTimeoutMs: 600_000,
  acknowledgementTimeoutMs: 60_000,
}

/** The bounds a device has unless its host says otherwise (CORE-5). */
export const defaultLimits: Limits = {
  maxReports: 1_000,
  maxInflightMessages: 16,
  maxPayloadCharacters: 65_536,
  maxUnansweredPublishes: null,
  maxUnansweredCommands: 8,
}

const text = v.pipe(v.string(), v.nonEmpty('is empty'))
const duration = v.pipe(
  v.number(),
  v.finite('is not a number of milliseconds'),
  v.minValue(1, 'is less than 1'),
)
const count = v.pipe(v.number(), v.integer('is not a whole number'), v.minValue(1, 'is less than 1'))
const keepAlive = v.pipe(count, v.maxValue(65_535, 'is more than 65535'))

/** A Four Byte Integer of MQTT 5 (section 1.5.3). */
const seconds = v.pipe(
  v.number(),
  v.integer('is not a whole number'),
  v.minValue(0, 'is less than 0'),
  v.maxValue(0xff_ff_ff_ff, 'is more than 4294967295'),
)
/** A token that is due as soon as it is there would be asked for in a hot loop (REC-4). */
const fraction = v.pipe(v.number(), v.minValue(0.1, 'is less than 0.1'), v.maxValue(1, 'is more than 1'))
const will = v.strictObject({
  route: text,
  value: v.custom<JsonValue>((value) => isJsonValue(value), 'is not JSON'),
  delaySeconds: v.optional(seconds, 0),
})

const optionsSchema = v.strictObject({
  apiUrl: v.optional(
    v.pipe(v.string(), v.regex(/^https:\/\/[^\s/?#@][^\s?#@]*$/, 'is not an https: address')),
    'https://api.therealer.com',
  ),
  deviceId: v.union([text, v.pipe(v.number(), v.safeInteger('is not a whole number'))]),
  routes: v.optional(v.record(text, text), {}),
  commandRoutes: v.optional(v.array(text), []),
  credentialScopes: v.optional(v.nullable(v.array(text)), null),
  valueContract: v.optional(v.picklist(['string', 'json']), 'string'),
  outboxOverflow: v.optional(v.picklist(['refuse', 'evictOldest']), 'refuse'),
  wallClock: v.optional(v.picklist(['untrusted', 'trusted']), 'untrusted'),
  outdatedCommands: v.optional(v.picklist(['ignore', 'reportStale']), 'ignore'),
  repeatableRoutes: v.optional(v.array(text), []),
  durable: v.optional(v.boolean(), false),
  sessionExpirySeconds: v.optional(seconds, 0),
  will: v.optional(v.nullable(will), null),
  tokenRenewalFraction: v.optional(fraction, 0.75),
  timing: v.optional(
    v.strictObject({
      callTimeoutMs: v.optional(duration, defaultTiming.callTimeoutMs),
      connectTimeoutMs: v.optional(duration, defaultTiming.connectTimeoutMs),
      closeTimeoutMs: v.optional(duration, defaultTiming.closeTimeoutMs),
      stopTimeoutMs: v.optional(duration, defaultTiming.stopTimeoutMs),
      keepAliveSeconds: v.optional(keepAlive, defaultTiming.keepAliveSeconds),
      backoffFloorMs: v.optional(duration, defaultTiming.backoffFloorMs),
      backoffCapMs: v.optional(duration, defaultTiming.backoffCapMs),
      slowRetryMs: v.optional(duration, defaultTiming.slowRetryMs),
      retryAfterCapMs: v.optional(duration, defaultTiming.retryAfterCapMs),
      stableOnlineMs: v.optional(duration, defaultTiming.stableOnlineMs),
      publishTimeoutMs: v.optional(duration, defaultTiming.publishTimeoutMs),
      commandTimeoutMs: v.optional(duration, defaultTiming.commandTimeoutMs),
      acknowledgementTimeoutMs: v.optional(duration, defaultTiming.acknowledgementTimeoutMs),
    }),
    {},
  ),
  limits: v.optional(
    v.strictObject({
      maxReports: v.optional(count, defaultLimits.maxReports),
      maxInflightMessages: v.optional(count, defaultLimits.maxInflightMessages),
      maxPayloadCharacters: v.optional(count, defaultLimits.maxPayloadCharacters),
      maxUnansweredPublishes: v.optional(v.nullable(count), defaultLimits.maxUnansweredPublishes),
      maxUnansweredCommands: v.optional(count, defaultLimits.maxUnansweredCommands),
    }),
    {},
  ),
})

/**
 * Checks a device's options and fills in the defaults.
 *
 * @throws {ConfigError} with the field's name, for a missing, wrong or unknown option (AUTH-1: a plain `http:`
 * address is refused here, before any byte is sent)
 */
export function readConfig(options: DeviceOptions): DeviceConfig {
  // An array is an object too, and would pass for one without fields.
  for (const field of ['routes', 'timing', 'limits'] as const)
    if (Array.isArray(options?.[field])) throw new ConfigError(field, `${field} is not an object.`)
  const read = validate(optionsSchema, options, 'options')
  if (!read.ok) throw new ConfigError(read.field, read.message)
  const config = read.value
  if (config.timing.backoffCapMs < config.timing.backoffFloorMs)
    throw new ConfigError('timing.backoffCapMs', 'timing.backoffCapMs is less than timing.backoffFloorMs.')
  for (const [index, route] of config.commandRoutes.entries())
    if (config.commandRoutes.indexOf(route) !== index)
      throw new ConfigError(`commandRoutes.${index}`, `commandRoutes.${index} is there twice.`)
  // Engines and validators treat these names apart; what is kept under them would be lost (DES-9).
  for (const name of ['__proto__', 'constructor', 'prototype'])
    if ([...config.commandRoutes, ...Object.entries(options.routes ?? {}).flat()].includes(name))
      throw new ConfigError('commandRoutes', `commandRoutes and routes cannot hold the name ${name}.`)
  for (const [index, route] of config.repeatableRoutes.entries())
    if (!config.commandRoutes.includes(route))
      throw new ConfigError(
        `repeatableRoutes.${index}`,
        `repeatableRoutes.${index} is not among commandRoutes.`,
      )
  if (config.will !== null && config.valueContract === 'string' && typeof config.will.value !== 'string')
    throw new ConfigError('will.value', 'will.value is not text.')
  return { ...config, apiUrl: config.apiUrl.replace(/\/+$/, '') }
}
