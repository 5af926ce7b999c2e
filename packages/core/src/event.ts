import type { Catalog } from './catalog/catalog.ts'
import type { JsonValue } from './json.ts'
import type { TimerName } from './timer.ts'

/**
 * What comes with every event: the time and the chance of that moment, so that a run can be replayed (CORE-1).
 */
export interface Moment {
  /** Monotonic milliseconds since any fixed point; it never goes back (CRED-5). */
  readonly now: number
  /** A random number in [0,1), drawn for this event (REC-2). */
  readonly random: number
  /**
   * The time of day, ISO 8601 UTC. It decides nothing, but where `wallClock` is `trusted` and for the observation
   * time of a `will` (DES-2, CONN-2).
   */
  readonly wallClock?: string
}

/** Why a host stops a device (STOP-1, STOP-2). */
export type StopReason = 'shutdown' | 'decommissioning' | 'compromise'

/** One observation of the physical world by the host: the material of a report (PUB-3, PUB-4). */
export interface Observation {
  /** The idempotency key: one physical event, one id, for ever (PUB-4). */
  readonly messageId: string
  /** The physical value; a string unless the configuration's `valueContract` is `json` (PUB-3). */
  readonly value: JsonValue
  /** When it was observed, ISO 8601 UTC, such as `2026-04-29T10:00:01Z` (PUB-3). */
  readonly valueReceivedAt: string
}

/** What the host's own side tells the machine. */
export type HostEvent =
  /** A local physical event to be reported on a route (PUB-3, PUB-6). */
  | ({ readonly type: 'reportOffered'; readonly route: string } & Observation)
  /** A command ran or was refused; the observation is the physical value after it (DES-6, DES-7). */
  | ({
      readonly type: 'commandFinished'
      readonly desiredId: string
      readonly outcome: 'applied' | 'rejected'
    } & Observation)
  /** The command's window ended before the host could begin: nothing moved, and nothing will (DES-5). */
  | { readonly type: 'commandLate'; readonly desiredId: string }
  /** The answer to the effect `readValue`: the current physical value (DES-5). */
  | ({ readonly type: 'valueRead'; readonly desiredId: string } & Observation)
  /** The answer to `readValue` when the host cannot tell the physical value: the command stays unanswered. */
  | { readonly type: 'valueUnknown'; readonly desiredId: string }
  /** The answer to the effect `readRouteValue`: the current physical value of a command route (PUB-11). */
  | ({ readonly type: 'routeValueRead'; readonly reading: string } & Observation)
  /** The answer to `readRouteValue` when the host cannot tell the physical value. */
  | { readonly type: 'routeValueUnknown'; readonly reading: string }
  /** The host stops the device (STOP-1). */
  | { readonly type: 'stopRequested'; readonly reason: StopReason }

/** A timer that the machine set is due. */
export type TimerEvent = { readonly type: `timer.${TimerName}`; readonly timer: string }

/** Why an HTTPS call brought no usable answer. */
export type CallFailure = 'network' | 'tls' | 'timeout' | 'server' | 'busy' | 'malformed'

/** What an HTTPS call came to. Made by `readAnswer` or `callFailed`; secrets are already taken out (CRED-3). */
export type CallEvent =
  | {
      readonly type: 'tokenIssued'
      readonly call: string
      readonly expiresInMs: number
      /** Absent in the answer: a fraction of the lifetime is taken (AUTH-4). */
      readonly renewAfterMs: number | null
    }
  | { readonly type: 'catalogRead'; readonly call: string; readonly catalog: Catalog }
  | {
      readonly type: 'tupleIssued'
      readonly call: string
      readonly clientId: string
      readonly username: string
      readonly scopes: readonly string[]
      readonly expiresInMs: number
      /** Null where the answer's is missing or not positive: it is clamped (CRED-6). */
      readonly renewAfterMs: number | null
      /** Null where the answer's is missing or not positive: `expires_in` alone counts (CRED-6). */
      readonly sessionHardExpiresInMs: number | null
    }
  | { readonly type: 'tokenRevoked'; readonly call: string }
  | {
      /** The cloud said no: waiting alone will not mend it (AUTH-6). */
      readonly type: 'callRefused'
      readonly call: string
      readonly status: number
      /** The body's `code` (CAT-6) or OAuth's `error`. */
      readonly code: number | string | null
    }
  | {
      /** No usable answer: it is tried again after a backoff (AUTH-6). */
      readonly type: 'callFailed'
      readonly call: string
      readonly failure: CallFailure
      /** For people; never holds a secret. */
      readonly detail: string
      /** The field at fault of a malformed answer (CAT-7). */
      readonly field: string | null
      /** From `Retry-After`, in milliseconds. */
      readonly retryAfterMs: number | null
    }

/** How a connection came to its end. */
export type CloseCause = 'client' | 'server' | 'network' | 'tls' | 'keepAlive' | 'timeout' | 'protocolError'

/** What the MQTT session of one connection tells. */
export type MqttEvent =
  | {
      /** CONNACK with success, and the limits the broker set in it (CONN-5). */
      readonly type: 'mqttConnected'
      readonly connection: string
      readonly receiveMaximum: number
      /** Bytes; null where the broker sets no limit. */
      readonly maximumPacketSize: number | null
    }
  | {
      /** CONNACK with a reason of 0x80 or more; the connection is over (CONN-4). */
      readonly type: 'mqttRefused'
      readonly connection: string
      readonly reasonCode: number
    }
  | {
      readonly type: 'mqttSubscribed'
      readonly connection: string
      readonly grants: readonly { readonly topic: string; readonly reasonCode: number }[]
    }
  | {
      /** The PUBACK of one delivery, or the local refusal of it as a reason of 0x80 or more (PUB-2, PUB-7). */
      readonly type: 'mqttPublishAnswered'
      readonly connection: string
      readonly delivery: string
      readonly reasonCode: number
    }
  | {
      readonly type: 'mqttMessageReceived'
      readonly connection: string
      readonly topic: string
      readonly payload: string
    }
  | {
      /** The connection is gone, whoever ended it (REC-1, REC-3). */
      readonly type: 'mqttClosed'
      readonly connection: string
      readonly cause: CloseCause
      /** The reason of the broker's DISCONNECT, where it sent one. */
      readonly reasonCode: number | null
      readonly detail: string
    }

/** Everything that can happen to a device: the one way into the machine. */
export type DeviceEvent = HostEvent | TimerEvent | CallEvent | MqttEvent

/** An event at its moment: what the machine is stepped with. */
export type TimedEvent = DeviceEvent & Moment
