import { ConfigError, type DeviceConfig, type DeviceOptions, readConfig } from '@realer-device/core'

/** How a device is made: the core's options and the OAuth client. The command routes come from `onCommand`. */
export interface CreateDeviceOptions extends Omit<DeviceOptions, 'commandRoutes'> {
  /** The OAuth client's id (AUTH-2). */
  readonly clientId: string
  /** The OAuth client's secret. Kept in memory only, and never told (CRED-3). */
  readonly clientSecret: string
}

/** The options, checked: the client apart from everything that may be shown. */
export interface CheckedOptions {
  readonly client: { readonly id: string; readonly secret: string }
  /** The machine's configuration, given the routes that have handlers. */
  configFor(commandRoutes: readonly string[]): DeviceConfig
}

/** Checks the options at the door. Throws {@link ConfigError} naming the field, never quoting a value. */
export function readOptions(options: CreateDeviceOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null)
    throw new ConfigError('options', 'options is not an object.')
  if ('commandRoutes' in options)
    throw new ConfigError('commandRoutes', 'commandRoutes is not an option here: onCommand names the routes.')
  const { clientId, clientSecret, ...deviceOptions } = options
  const client = { id: textOption('clientId', clientId), secret: textOption('clientSecret', clientSecret) }
  // Checked now, so that `start` cannot fail; made again there, with the routes.
  readConfig(deviceOptions)
  return { client, configFor: (commandRoutes) => readConfig({ ...deviceOptions, commandRoutes }) }
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
