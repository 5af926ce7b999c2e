import type { LinkPlatform, OpenLink, PlatformParts } from '@realer-device/host'
import { webClock } from './clock.ts'
import { fetchCaller } from './fetch-caller.ts'
import { web } from './globals.ts'

/** What a device on a Web platform is made of: the link, and what is to be other than the platform's own. */
export interface WebPlatformOptions extends Partial<PlatformParts> {
  /** {@link webStreamLink} or {@link webSocketLink}. */
  readonly openLink: OpenLink
}

/**
 * The Web platform's parts for a device: `performance.now()` and `setTimeout`, `crypto.randomUUID()`, `fetch`, and the link
 * that is given. Any other part can be replaced.
 *
 * @throws {ConfigError} field `fetch`, where the platform has none and no `caller` is given
 */
export function webPlatform(options: WebPlatformOptions): LinkPlatform {
  return {
    clock: webClock,
    random: Math.random,
    newMessageId: () => web.crypto.randomUUID(),
    wallClock: () => new Date().toISOString(),
    ...options,
    caller: options.caller ?? fetchCaller(),
  }
}
