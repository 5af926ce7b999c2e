import { ConfigError, type DeviceConfig, type DeviceOptions, readConfig } from '@realer-device/core'

/** The core's options that the command handlers give. */
type HandlerOption = 'commandRoutes' | 'repeatableRoutes'

/** How a device is made: the core's options and the OAuth client. What is said of routes comes from `onCommand`. */
export interface CreateDeviceOptions extends Omit<DeviceOptions, HandlerOption> {
  /** The OAuth client's id (AUTH-2). */
  readonly clientId: string
  /** The OAuth client's secret. Kept in memory only, and never told (CRED-3). */
  readonly clientSecret: string
}

/** The options, checked: the client apart from everything that may be shown. */
export interface CheckedOptions {
  readonly client: { readonly id: string; readonly secret: string }
  /** The machine's configuration, given what the handlers say of the routes. */
  configFor(routes: Pick<DeviceConfig, HandlerOption>): DeviceConfig
}

/**
 * Checks the options at the door. Throws {@link ConfigError} naming the field, never quoting a value. With a store a
 * device is `durable`, whatever is said.
 */
export function readOptions(options: CreateDeviceOptions, hasStore: boolean): CheckedOptions {
  if (typeof options !== 'object' || options === null)
    throw new ConfigError('options', 'options is not an object.')
  for (const field of ['commandRoutes', 'repeatableRoutes'] satisfies HandlerOption[])
    if (field in options)
      throw new ConfigError(field, `${field} is not an option here: onCommand names the routes.`)
  const { clientId, clientSecret, ...given } = options
  const deviceOptions = hasStore ? { ...given, durable: true } : given
  const client = { id: textOption('clientId', clientId), secret: textOption('clientSecret', clientSecret) }
  // Checked now, so that `start` cannot fail; made again there, with the routes.
  readConfig(deviceOptions)
  return { client, configFor: (routes) => readConfig({ ...deviceOptions, ...routes }) }
}

function textOption(field: string, value: unknown): string {
  if (typeof value !== 'string') throw new ConfigError(field, `${field} is not a string.`)
  if (value === '') throw new ConfigError(field, `${field} is empty.`)
  try {
    encodeURIComponent(value)
  } catch {
    throw new ConfigError(field, `${field} is not valid Unicode text.`)
  }
  return value
}
