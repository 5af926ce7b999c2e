import { randomUUID } from 'node:crypto'
import type { LinkPlatform } from '@realer-device/host'
import { nodeCaller } from './caller.ts'
import { nodeClock } from './clock.ts'
import { nodeLink } from './tls-link.ts'
import { type CaOption, readTrust } from './trust.ts'

/**
 * Node's parts for a device: `node:tls` links, `node:https` calls, the monotonic clock, UUIDs.
 *
 * @param options `ca`: PEM certificates to trust in place of Node's own list
 * @throws {ConfigError} field `ca`, where it holds no usable certificate
 */
export function nodePlatform(options: { readonly ca?: CaOption } = {}): LinkPlatform {
  const trust = readTrust(options.ca)
  return {
    clock: nodeClock,
    random: Math.random,
    newMessageId: randomUUID,
    wallClock: () => new Date().toISOString(),
    caller: nodeCaller(trust),
    openLink: nodeLink(trust),
  }
}
