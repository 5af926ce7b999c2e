import {
  ConfigError,
  type CreateDeviceOptions,
  createDevice,
  type Device,
  type Store,
} from '@realer-device/host'
import { nodePlatform } from './platform.ts'
import type { CaOption } from './trust.ts'

/** How a device on Node is made. `deviceId`, `clientId` and `clientSecret` are required. */
export interface ConnectDeviceOptions extends CreateDeviceOptions {
  /**
   * Certificate authorities to trust, as PEM text, for the API and for the broker. They replace Node's own list.
   * Verification itself cannot be turned off.
   */
  readonly ca?: CaOption
  /**
   * Where reports and commands outlive the process, such as `openFileStore(path)` (PUB-9, DES-9). It belongs to this
   * device, which closes it at its end. Default: none, and a restart forgets.
   */
  readonly store?: Store
}

/**
 * Makes a device on Node. It connects at `start()`, so that handlers and listeners can be added before.
 *
 * @throws {ConfigError} naming the field, for a missing, wrong or unknown option
 */
export function connectDevice(options: ConnectDeviceOptions): Device {
  if (typeof options !== 'object' || options === null)
    throw new ConfigError('options', 'options is not an object.')
  const { ca, store, ...deviceOptions } = options
  // From JavaScript: a path, or a promise that nobody has waited for.
  if (store !== undefined && typeof Object(store).write !== 'function')
    throw new ConfigError('store', 'store is not an open store.')
  const platform = nodePlatform(ca === undefined ? {} : { ca })
  return createDevice(deviceOptions, store === undefined ? platform : { ...platform, store })
}
