import type { JsonValue } from './json.ts'

/** Everything that shapes a device's machine. Plain JSON, no secrets; made by `readConfig`. */
export interface DeviceConfig {
  /** Base address of the API, `https:` only (AUTH-1). Default `https://api.therealer.com`. */
  readonly apiUrl: string
  /** The control device's id, passed on as it came. */
  readonly deviceId: string | number
  /**
   * The firmware's own names for catalog routes: name → a route's `feed_data_topic`, or one level of it that no
   * other route has (such as its `rte_…` id). A route without a name here goes by such a selector itself.
   */
  readonly routes: { readonly [name: string]: string }
  /** The command routes this firmware handles; empty: no desired state is asked for (AUTH-3, SUB-4). */
  readonly commandRoutes: readonly string[]
  /** A narrower set of scopes for the CONNECT tuple; null: the catalog's own request (CRED-1). */
  readonly credentialScopes: readonly string[] | null
  /** `string`: a value must be a JSON string; `json`: any JSON value, where the source's contract says so (PUB-3). */
  readonly valueContract: 'string' | 'json'
  /** What happens to a report at the outbox's bound: it is refused, or the oldest unsent one makes room (PUB-9). */
  readonly outboxOverflow: 'refuse' | 'evictOldest'
  /** `trusted`: `expires_at` also ends a command's window, by the wall clock of the moment it came (DES-2). */
  readonly wallClock: 'untrusted' | 'trusted'
  /** A desired state with a lower sequence number: ignored, or reported `stale` as well (DES-3). */
  readonly outdatedCommands: 'ignore' | 'reportStale'
  /** Command routes whose handler may run again after a restart, within the window (DES-12). Default none. */
  readonly repeatableRoutes: readonly string[]
  /** True where the host stores snapshots; without, it is told once what a restart loses (DES-9). Default false. */
  readonly durable: boolean
  /** Seconds that the broker keeps the session after its end; 0: clean start, no session expiry (CONN-2). */
  readonly sessionExpirySeconds: number
  /** What the broker publishes when it loses the device; null: no will message (CONN-2). */
  readonly will: WillOptions | null
  /** The part of `expires_in` after which a token without `renew_after` is renewed, 0.1 to 1 (AUTH-4). Default 0.75. */
  readonly tokenRenewalFraction: number
  readonly timing: Timing
  readonly limits: Limits
}

/** A will: a report on a route, told by the broker for a device that is gone (CONN-2; MQTT 5 section 3.1.2.5). */
export interface WillOptions {
  /** The route's name; its `feed_data_topic` is the will topic. */
  readonly route: string
  readonly value: JsonValue
  /** Seconds that the broker waits for the device to come back (section 3.1.3.2.2). */
  readonly delaySeconds: number
}

/** Durations, all in milliseconds but where the name says otherwise. */
export interface Timing {
  /** Longest wait for an HTTPS answer. Default 30 000. */
  readonly callTimeoutMs: number
  /** Longest wait from opening a connection to its SUBACK (CONN-3). Default 30 000. */
  readonly connectTimeoutMs: number
  /** Longest wait for a connection to close after DISCONNECT. Default 5 000. */
  readonly closeTimeoutMs: number
  /** Longest duration of a stop (STOP-1). Default 15 000. */
  readonly stopTimeoutMs: number
  /** Keep alive that is asked for at CONNECT, in seconds (CONN-3). Default 60. */
  readonly keepAliveSeconds: number
  /** Shortest wait between two attempts (REC-2). Default 1 000. */
  readonly backoffFloorMs: number
  /** Longest wait between two attempts (REC-2). Default 300 000. */
  readonly backoffCapMs: number
  /** Wait after a refusal (AUTH-6). Default 300 000. */
  readonly slowRetryMs: number
  /** The longest `Retry-After` that is honoured; a longer one is taken for this (REC-2). Default 86 400 000. */
  readonly retryAfterCapMs: number
  /** Time online after which the backoff starts afresh (REC-2). Default 60 000. */
  readonly stableOnlineMs: number
  /** Longest wait for a PUBACK; then the connection counts as lost (CONN-3, PUB-7). Default 30 000. */
  readonly publishTimeoutMs: number
  /** Longest run of a command, and longest wait for a physical value that was asked for (DES-8). Default 600 000. */
  readonly commandTimeoutMs: number
  /** Longest wait for an application acknowledgement (ACK-5). Default 60 000. */
  readonly acknowledgementTimeoutMs: number
}

/** Bounds of what is kept in memory (CORE-5). */
export interface Limits {
  /** Reports that wait for their settlement (PUB-9). Default 1 000. */
  readonly maxReports: number
  /** PUBLISHes that wait for their PUBACK, at most (PUB-8). Default 16. */
  readonly maxInflightMessages: number
  /** Characters of one report's payload. Default 65 536. */
  readonly maxPayloadCharacters: number
  /**
   * PUBLISHes of one report without any acknowledgement, after which it settles as failed with the status
   * `unanswered`; null: it is published again for as long as it takes (ACK-5). Default null.
   */
  readonly maxUnansweredPublishes: number | null
  /** Commands a route keeps that are not executed and wait for the host's physical value. Default 8. */
  readonly maxUnansweredCommands: number
}
