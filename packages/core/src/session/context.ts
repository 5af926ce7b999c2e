import type { Catalog } from '../catalog/catalog.ts'
import type { RouteCommands } from '../command/command.ts'
import type { DeviceConfig } from '../config.ts'
import type { CallPurpose, SafeReason } from '../effect.ts'
import type { StopReason } from '../event.ts'
import type { Report } from '../report/report.ts'
import type { RunningTimer, TimerName } from '../timer.ts'
import type { Kept } from './event.ts'

/** The Bearer token; the token itself is with the host, behind `secret` (CRED-3). */
export interface Token {
  readonly secret: string
  /** Monotonic ms from which it is renewed before the next call (AUTH-4). */
  readonly dueAt: number
}

/** The CONNECT tuple; its credential is with the host, behind `secret` (CRED-2, CRED-3). */
export interface Tuple {
  readonly secret: string
  readonly clientId: string
  readonly username: string
  /** The scopes on the credential: they decide what is subscribed and published (CRED-4). */
  readonly scopes: readonly string[]
  /** Monotonic ms from which nothing is sent with it any more (CRED-5, REN-5). */
  readonly expiresAt: number
  /** True once a connection could not be made with it, or the broker spent it (REC-1, REC-3). */
  readonly failed: boolean
}

/** The one MQTT connection (CONN-6). */
export interface Connection {
  readonly id: string
  /** The secret of the tuple it was opened with. */
  readonly tupleSecret: string
  /** From CONNACK (CONN-5); null before it. */
  readonly limits: { readonly receiveMaximum: number; readonly maximumPacketSize: number | null } | null
  /** True from the SUBACK of the acknowledgement topic to the first sign of the end (SUB-2). */
  readonly online: boolean
  /** The topics this connection asked for, in order. */
  readonly asked: readonly string[]
  /** Where acknowledgements come in; null where the credential may not read them (ACK-7). */
  readonly acknowledgementTopic: string | null
  /** Where desired states come in, and the route that each topic stands for, whatever a later catalog says. */
  readonly desired: readonly { readonly topic: string; readonly route: string }[]
  /** The deliveries that wait for their PUBACK, oldest first, and until when, in monotonic ms. */
  readonly inFlight: readonly { readonly delivery: string; readonly dueAt: number }[]
}

/**
 * What the machine remembers beside its state value. Plain JSON, no secrets (CRED-3, CORE-6).
 */
export interface SessionContext {
  readonly config: DeviceConfig
  /** Number of the last id given out; ids are never used again (CORE-4). */
  readonly lastId: number
  readonly timers: { readonly [name in TimerName]?: RunningTimer }
  /** The one outstanding HTTPS call (AUTH-4). */
  readonly call: { readonly id: string; readonly purpose: CallPurpose } | null
  readonly token: Token | null
  /** True from a 401 until the next token's call succeeded: a second 401 is a refusal (AUTH-5). */
  readonly tokenDoubted: boolean
  readonly catalog: Catalog | null
  /** True when the catalog is to be read (again) before the next credential request (CAT-8). */
  readonly catalogDue: boolean
  readonly tuple: Tuple | null
  readonly connection: Connection | null
  /** HTTPS calls failed, and catalogs doubted, since the session was last stable, for the backoff (REC-2). */
  readonly callFailures: number
  /** Connections failed or lost since the session was last stable, for the backoff (REC-2). */
  readonly connectFailures: number
  /** Wait before the next call that the answer asked for, or that a refusal needs; null: backoff decides. */
  readonly callDelayMs: number | null
  /** The same for the next connection (CONN-4). */
  readonly connectDelayMs: number | null
  /** What the next `announceOnline` comes after. */
  readonly onlineAfter: 'start' | 'renewal' | 'reconnect'
  /** Why the host was told to be safe; null while it is not (SAFE-1). */
  readonly safe: SafeReason | null
  /** The outbox, oldest first (PUB-9). */
  readonly reports: readonly Report[]
  /** Per command route, by its name (DES-3). */
  readonly commands: { readonly [route: string]: RouteCommands }
  readonly stopReason: StopReason | null
}

/** The context of a device that has not done anything yet in this process; what it kept from another one stays. */
export function initialContext(config: DeviceConfig, kept: Kept | null): SessionContext {
  const { lastId = 0, reports = [], commands = {} } = kept ?? {}
  return {
    config,
    lastId,
    timers: {},
    call: null,
    token: null,
    tokenDoubted: false,
    catalog: null,
    catalogDue: true,
    tuple: null,
    connection: null,
    callFailures: 0,
    connectFailures: 0,
    callDelayMs: null,
    connectDelayMs: null,
    onlineAfter: 'start',
    safe: null,
    reports,
    commands,
    stopReason: null,
  }
}
