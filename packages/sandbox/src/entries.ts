import type { Scope } from './scopes.ts'

/** The four HTTPS calls of the API; `unknown` is any other request. */
export type HttpPurpose = 'token' | 'catalog' | 'credential' | 'revoke' | 'unknown'

/** The status words of an application acknowledgement (ACK-1). */
export type AcknowledgementStatus = 'accepted' | 'replayed' | 'conflict' | 'rejected' | 'error'

/** The outcomes of a command (DES-5, DES-6, DES-7). */
export type CommandOutcome = 'applied' | 'rejected' | 'stale'

/** Why a CONNECT was not accepted. */
export type ConnectRefusal =
  | 'protocol-version'
  | 'client-id'
  | 'unknown-user'
  | 'wrong-password'
  | 'credential-expired'
  | 'credential-void'
  | 'scope'
  | 'will'
  | 'authentication-method'
  | 'fault'
  | 'broker'

/** An HTTPS request came in. */
export interface HttpRequestEntry {
  kind: 'http-request'
  /** Joins a request to its answer. */
  call: number
  purpose: HttpPurpose
}

/** An HTTPS request was answered, or ended without an answer. */
export interface HttpEntry {
  kind: 'http'
  call: number
  purpose: HttpPurpose
  /** HTTP status; null where the connection ended without an answer. */
  status: number | null
  outcome: 'answered' | 'reset' | 'abandoned'
}

/** A device tried to connect. */
export interface ConnectEntry {
  kind: 'connect'
  outcome: 'accepted' | 'refused' | 'dropped' | 'hung'
  /** CONNACK reason code; null where no CONNACK was sent. */
  reasonCode: number | null
  /** Null where the packet was not read (a fault below MQTT). */
  clientId: string | null
  username: string | null
  refusal?: ConnectRefusal
}

/** One filter of a SUBSCRIBE was answered. */
export interface SubscribeEntry {
  kind: 'subscribe'
  topic: string
  requestedQos: number
  /** SUBACK reason code: 0 and 1 grant. */
  reasonCode: number
  username: string | null
}

/** A PUBLISH of the device arrived. */
export interface PublishEntry {
  kind: 'publish'
  topic: string
  /** Name of the route; null for a topic that is none of the device's. */
  route: string | null
  /** The payload's `message_id`; null where none could be read. */
  messageId: string | null
  /** SHA-256 of the payload bytes, in hex; null where the broker refused the message unseen. */
  payloadHash: string | null
  payloadBytes: number
  /** The DUP flag; null where the broker does not tell. */
  dup: boolean | null
  /** PUBACK reason code; null where none was sent, or the broker does not tell. */
  reasonCode: number | null
  /** Whether the message reached the application behind the broker. */
  executed: boolean
}

/** An acknowledgement was made for a received message. */
export interface AcknowledgementEntry {
  kind: 'acknowledgement'
  route: string
  messageId: string | null
  status: AcknowledgementStatus
  retryable: boolean
  errorType?: string
  desiredId?: string
  /** `no-subscriber`: the device was not subscribed. `swallowed`, `malformed`: by a fault. */
  delivery: 'sent' | 'no-subscriber' | 'swallowed' | 'malformed'
}

/** A desired state was ordered or its message sent. */
export interface DesiredEntry {
  kind: 'desired'
  route: string
  /** Null for a raw payload. */
  desiredId: string | null
  sequenceNumber: number | null
  /** `held`: kept for the next subscription. `superseded`, `expired`: held, and never sent. */
  delivery: 'sent' | 'held' | 'superseded' | 'expired' | 'swallowed' | 'no-subscriber'
}

/** The application accepted the report of a command's outcome, for the first time. */
export interface ReportEntry {
  kind: 'report'
  route: string
  desiredId: string
  messageId: string
  outcome: CommandOutcome
}

/** A session ended. */
export interface DisconnectEntry {
  kind: 'disconnect'
  /** `clean`: DISCONNECT 0x00. `by-client`: another reason. `lost`: no DISCONNECT. `by-broker`: we ended it. */
  how: 'clean' | 'by-client' | 'lost' | 'by-broker'
  /** The DISCONNECT's reason code; null where there was none or the broker does not tell. */
  reasonCode: number | null
  username: string | null
}

/** A CONNECT tuple was issued. */
export interface CredentialIssuedEntry {
  kind: 'credential-issued'
  username: string
  scopes: Scope[]
  expiresInSeconds: number
}

/** A CONNECT tuple stopped being valid. */
export interface CredentialEndedEntry {
  kind: 'credential-ended'
  username: string
  why: 'expired' | 'expired-by-order' | 'revoked'
}

/** `POST /oauth/revoke` was accepted. */
export interface RevocationEntry {
  kind: 'revocation'
  /** Whether the token was one of ours. */
  knownToken: boolean
}

/** A device broke a rule. */
export interface ViolationEntry {
  kind: 'violation'
  /** A rule's id (`PUB-1`) or a section of MQTT 5 (`MQTT5 3.1.0`). */
  rule: string
  detail: string
}

/** An ordered fault was carried out. */
export interface FaultEntry {
  kind: 'fault'
  at: string
  what: string
}

/** The host says that a physical event happened and the device took it. */
export interface ObservedEntry {
  kind: 'observed'
  route: string
  messageId: string
}

/** The host says that an actuator physically moved. */
export interface ExecutedEntry {
  kind: 'executed'
  route: string
  desiredId: string
  value: string
}

/** What happened, without its place in the ledger. */
export type LedgerEvent =
  | HttpRequestEntry
  | HttpEntry
  | ConnectEntry
  | SubscribeEntry
  | PublishEntry
  | AcknowledgementEntry
  | DesiredEntry
  | ReportEntry
  | DisconnectEntry
  | CredentialIssuedEntry
  | CredentialEndedEntry
  | RevocationEntry
  | ViolationEntry
  | FaultEntry
  | ObservedEntry
  | ExecutedEntry

/** An entry's place: its number (1, 2, …) and the monotonic milliseconds since the sandbox started. */
export interface LedgerPlace {
  readonly number: number
  readonly atMs: number
}

/** One line of the ledger. It never holds a secret. */
export type LedgerEntry = LedgerEvent & LedgerPlace

/** An entry of one kind. */
export type LedgerEntryOf<K extends LedgerEvent['kind']> = Extract<LedgerEvent, { kind: K }> & LedgerPlace
