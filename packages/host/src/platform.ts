import type { HttpsCaller } from './caller.ts'
import type { OpenLink } from './link.ts'
import type { OpenMqtt } from './mqtt-client.ts'
import type { Store } from './store.ts'

/**
 * What a host needs from the world, as small parts that are plugged in. Nothing else of the world is used: no global
 * clock, timer, socket or random source. The parts call back on their own turn: never from inside the call that asked.
 */
export type Platform = LinkPlatform | MqttPlatform

/** The parts that every platform has. */
export interface PlatformParts {
  readonly clock: Clock
  /** A number in [0,1) for the backoff's jitter (REC-2). It need not be cryptographic. */
  random(): number
  /** An id that no other observation ever had, such as a UUID: 1 to 128 visible ASCII characters (PUB-4). */
  newMessageId(): string
  /**
   * The time of day, MUST be ISO 8601 UTC, such as `2026-04-29T10:00:01.250Z`: for `value_received_at` (PUB-3), and for a
   * device whose clock is declared trusted (DES-2). It may be wrong, and it may jump.
   */
  wallClock(): string
  readonly caller: HttpsCaller
  /**
   * Where the device's reports and commands outlive the process (PUB-9, DES-9). It belongs to one device, which goes on
   * from it at `start()`, writes to it before anything leaves that depends on it, and closes it at its end. Default:
   * none; then a restart forgets, unless the host stores `snapshot()`.
   */
  readonly store?: Store
}

/** A platform with byte streams: the MQTT client of `@realer-device/mqtt` speaks on them. */
export interface LinkPlatform extends PlatformParts {
  readonly openLink: OpenLink
}

/** A platform with an MQTT client of its own. */
export interface MqttPlatform extends PlatformParts {
  readonly openMqtt: OpenMqtt
}

/** Monotonic time and its timers. */
export interface Clock {
  /** Milliseconds since any fixed point. MUST never go back, whatever happens to the time of day (CRED-5). */
  now(): number
  /**
   * MUST call `fire` once, after about `delayMs` (0 to 2^31 - 1), unless the returned function was called before. Early
   * by a little or late by any time is allowed: the host looks at `now()` and waits again.
   */
  setTimer(delayMs: number, fire: () => void): () => void
  /**
   * Names the fixed point: where two processes read the same name, they read the same clock, and windows that were
   * open before a restart can still be measured (DES-2, DES-12). Default: every process has a clock of its own.
   */
  readonly origin?: string
}
