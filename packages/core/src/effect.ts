import type { StopReason } from './event.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { RuleId } from './rule.ts'
import type { TimerName } from './timer.ts'

/** A secret that the host keeps; the machine only knows its reference (CRED-3). */
export interface SecretRef {
  /** `client` is the OAuth client's id and secret; every other reference is a call's id. */
  readonly secret: string
}

/** What an HTTPS call is for. */
export type CallPurpose = 'token' | 'catalog' | 'credential' | 'revoke'

/** The HTTPS call to make. Its answer goes through `readAnswer` (AUTH-1: the address is `https:` always). */
export interface CallEffect {
  readonly type: 'call'
  readonly call: string
  readonly purpose: CallPurpose
  readonly method: string
  readonly url: string
  /** `basic`: the OAuth client's id and secret; `bearer`: the token behind the reference (AUTH-2). */
  readonly authorization: { readonly scheme: 'basic' | 'bearer' } & SecretRef
  /** The body; in a form, a field may be a secret. */
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'form'; readonly fields: { readonly [name: string]: string | SecretRef } }
    | { readonly kind: 'json'; readonly value: JsonObject }
  readonly timeoutMs: number
}

/** The connection to open: MQTT 5 over TLS with exactly this tuple (CONN-1, CONN-2). */
export interface ConnectEffect {
  readonly type: 'mqttConnect'
  readonly connection: string
  /** `mqtts:` always (AUTH-1). */
  readonly url: string
  readonly clientId: string
  readonly username: string
  /** The CONNECT tuple's credential; never the Bearer token (AUTH-8). */
  readonly password: SecretRef
  /** False where the broker keeps the session: `sessionExpirySeconds` is set (CONN-2). */
  readonly cleanStart: boolean
  /** Session Expiry Interval in seconds; 0: the session ends with the connection (CONN-2). */
  readonly sessionExpirySeconds: number
  /** QoS 1, retain not set (PUB-1); null: no will message (CONN-2). */
  readonly will: { readonly topic: string; readonly payload: string; readonly delaySeconds: number } | null
  readonly keepAliveSeconds: number
  readonly timeoutMs: number
}

/** Why the device is to behave locally safe (SAFE-1). */
export type SafeReason = 'starting' | 'refused' | 'expired' | 'mqttUnavailable'

/** How a report ended (ACK-2, ACK-3, ACK-7). */
export type ReportResult = 'done' | 'failed' | 'unconfirmed'

/** How a command ended (DES-5 to DES-7). */
export type CommandOutcome = 'applied' | 'rejected' | 'stale'

/** Why a report was not taken at the door. */
export type ReportRefusal =
  | 'route-unknown'
  | 'value-invalid'
  | 'message-id-invalid'
  | 'message-id-in-use'
  | 'value-received-at-invalid'
  | 'outbox-full'
  | 'too-large'
  | 'stopped'

/** One line for an operator: something happened that needs no decision of the host's. */
export interface Diagnostic {
  readonly level: 'info' | 'warning' | 'error'
  /** Stable, for machines, such as `call-refused`. */
  readonly code: string
  /** For people; never holds a secret. */
  readonly message: string
  /** The field at fault, where one is. */
  readonly field: string | null
  readonly rule: RuleId
}

/** Something the host must now do: plain JSON data, carried out in order (CORE-1). */
export type Effect =
  | { readonly type: 'setTimer'; readonly timer: TimerName; readonly id: string; readonly delayMs: number }
  | { readonly type: 'cancelTimer'; readonly timer: TimerName; readonly id: string }
  | CallEffect
  | { readonly type: 'cancelCall'; readonly call: string }
  /** Drop the secret behind the reference from memory (CRED-3, STOP-2). */
  | { readonly type: 'forgetSecret'; readonly secret: string }
  | ConnectEffect
  /** SUBSCRIBE, QoS 1 (SUB-1). */
  | { readonly type: 'mqttSubscribe'; readonly connection: string; readonly topics: readonly string[] }
  /** PUBLISH, QoS 1, retain not set (PUB-1). `delivery` names this one attempt. */
  | {
      readonly type: 'mqttPublish'
      readonly connection: string
      readonly delivery: string
      readonly topic: string
      readonly payload: string
    }
  /** DISCONNECT with this reason, then close; `mqttClosed` follows. */
  | { readonly type: 'mqttDisconnect'; readonly connection: string; readonly reasonCode: number }
  /** Cut the connection now; nothing of it is heard any more. */
  | { readonly type: 'mqttAbort'; readonly connection: string }
  /** The report was taken and is kept until it settles. */
  | { readonly type: 'acceptReport'; readonly messageId: string; readonly route: string }
  /** The report was not taken; nothing of it is kept (PUB-3). */
  | {
      readonly type: 'refuseReport'
      readonly messageId: string
      readonly code: ReportRefusal
      readonly field: string
      readonly message: string
      /** The command that waits for a usable observation, or null for a report of the host's own. */
      readonly desiredId: string | null
    }
  /** The report's fate, told once (PUB-2). */
  | {
      readonly type: 'settleReport'
      readonly messageId: string
      readonly route: string
      readonly result: ReportResult
      /** The acknowledgement's status, or why there was none. */
      readonly status: string
      readonly errorType: string | null
      readonly desiredId: string | null
    }
  /** Run the command; answer with `commandFinished`. It may start until `windowMs` have passed (DES-2). */
  | {
      readonly type: 'startCommand'
      readonly route: string
      readonly desiredId: string
      readonly value: JsonValue
      readonly sequenceNumber: number
      readonly windowMs: number
    }
  /** Read the physical value, for a command that is not executed; answer with `valueRead` (DES-5, DES-6, DES-12). */
  | {
      readonly type: 'readValue'
      readonly route: string
      readonly desiredId: string
      /** `interrupted`: it ran when the device went down, or ran too long; the value decides (DES-12). */
      readonly because: 'stale' | 'rejected' | 'interrupted'
    }
  /** The command's time to run is over: abort its handler, and hear nothing of it any more (DES-8). */
  | { readonly type: 'cancelCommand'; readonly route: string; readonly desiredId: string }
  /** Read the physical value of a command route after the device was offline; answer with `routeValueRead` (PUB-11). */
  | { readonly type: 'readRouteValue'; readonly reading: string; readonly route: string }
  /** The command's outcome is known and its report is in the outbox. */
  | {
      readonly type: 'settleCommand'
      readonly route: string
      readonly desiredId: string
      readonly outcome: CommandOutcome
    }
  | { readonly type: 'enterSafe'; readonly reason: SafeReason }
  | { readonly type: 'leaveSafe' }
  /** The acknowledgement topic is granted: the session is online (SUB-2). */
  | { readonly type: 'announceOnline'; readonly after: 'start' | 'renewal' | 'reconnect' }
  | {
      readonly type: 'announceOffline'
      readonly because: 'renewal' | 'lost' | 'expired' | 'refused' | 'stopped'
    }
  | { readonly type: 'announceStopped'; readonly reason: StopReason; readonly revoked: boolean }
  | ({ readonly type: 'diagnose' } & Diagnostic)
