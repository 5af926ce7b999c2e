import type { CallPurpose, Catalog, DeviceConfig, RuleId, StopReason, TimerName } from '@realer-device/core'
import type { Demand } from './demands.ts'
import type { Topics } from './routes.ts'
import type { TraceLine } from './trace.ts'

/** All that an observer knows of a device: what its events and effects have told so far. Each concern keeps its part. */
export interface Facts {
  readonly config: DeviceConfig
  /** Monotonic ms of the step that is looked at. */
  now: number
  readonly timers: Map<TimerName, Timer>
  readonly authority: Authority
  readonly link: Link
  readonly outbox: Outbox
  /** Command routes by their name. */
  readonly commands: Map<string, Route>
  safe: boolean
  readonly stop: {
    reason: StopReason | null
    askedAt: number
    mustRevoke: boolean
    triedToRevoke: boolean
    over: boolean
  }
  /** What this step has brought so far; begins anew with every step. */
  step: StepFacts
}

/** A timer that runs at the host. */
export interface Timer {
  readonly id: string
  readonly dueAt: number
}

/** A wait that the next attempt of a kind owes. */
export interface Wait {
  /** Monotonic ms. */
  readonly until: number
  readonly rule: RuleId
}

/** What the HTTPS side holds (AUTH, CAT, CRED). */
export interface Authority {
  call: { readonly id: string; readonly purpose: CallPurpose } | null
  token: { readonly secret: string; readonly dueAt: number } | null
  /** A 401 came since the token last served (AUTH-5). */
  doubted: boolean
  catalog: Catalog | null
  catalogDue: boolean
  /** The rule by which a server sent the device away; null once the catalog was read again (CAT-8). */
  leftServerBy: RuleId | null
  tuple: Tuple | null
  /** Failures since the session was last stable, counted generously (REC-2). */
  failures: number
  readonly waits: Map<CallPurpose, Wait>
  /** Secrets that were issued and not dropped again. */
  readonly secrets: Set<string>
}

/** The newest CONNECT tuple (CRED-2). */
export interface Tuple {
  readonly secret: string
  readonly clientId: string
  readonly username: string
  readonly scopes: readonly string[]
  /** Monotonic ms; null until the device has set a time of its own, where `renew_after` makes no sense (CRED-6). */
  renewAt: number | null
  readonly endsAt: number
  /** The rule by which no CONNECT may use it any more; null while it is good. */
  spentBy: RuleId | null
  /** The rules let a new one be asked for. */
  replaceable: boolean
  /** The rule by which the last loss keeps this tuple; null where none speaks. */
  keptBy: RuleId | null
}

/** What is known of the MQTT connection (CONN, SUB). */
export interface Link {
  connection: Connection | null
  /** What the host was last told (SUB-2, SAFE-3). */
  toldOnline: boolean
  everOnline: boolean
  /** A renewal has ended the last session that was online. */
  renewing: boolean
  failures: number
  wait: Wait | null
}

/** The one connection, as the other side of the wire sees it. */
export interface Connection {
  readonly id: string
  readonly tuple: Tuple
  phase: 'connecting' | 'connected' | 'subscribing' | 'online' | 'closing'
  topics: Topics
  /** Desired topics that the broker has not refused. */
  refused: ReadonlySet<string>
  /** What the SUBACK, or its absence, came to (SUB-2, SUB-3). */
  acknowledgements: 'unknown' | 'granted' | 'refused'
  receiveMaximum: number
  maximumPacketSize: number | null
  /** Deliveries without PUBACK → the end of the wait for it, monotonic ms (CONN-3). */
  readonly inFlight: Map<string, number>
  /** Why it was told to close. */
  closingFor: 'renewal' | 'expired' | 'refused' | 'stopped' | null
}

/** The reports that were accepted and have not settled, oldest first (PUB-9). */
export interface Outbox {
  pending: PendingReport[]
  /** Reports that must settle in this step, by message id. */
  readonly owed: Map<string, Settlement>
}

/** How a report must settle. */
export interface Settlement {
  readonly result: 'done' | 'failed' | 'unconfirmed'
  readonly status: string | null
  readonly errorType: string | null
  readonly rule: RuleId
}

/** One report on its way (PUB-4). */
export interface PendingReport {
  readonly messageId: string
  readonly route: string
  readonly desiredId: string | null
  /** What the message must say. */
  readonly body: { readonly [name: string]: unknown }
  /** The bytes of its first publish; null before it. */
  text: string | null
  /**
   * `ready`: its backoff may be over; only the device knows the moment that it drew. `doubted`: its topic or its rights
   * were refused, and it waits for the catalog (PUB-7).
   */
  state: 'queued' | 'sent' | 'accepted' | 'waiting' | 'ready' | 'doubted'
  delivery: string | null
  failures: number
  /** Publishes whose acknowledgement did not come in time (ACK-5). */
  unanswered: number
  /** `sent`, `accepted`: the end of the wait for its acknowledgement. `waiting`: when the retry is due at the latest. */
  dueBy: number
  /** `waiting`, `ready`: not published again before it. */
  wait: Wait | null
}

/** What a command route has seen (DES). */
export interface Route {
  highest: number | null
  readonly commands: Map<string, Command>
  /** The commands that were answered last: the cloud may ask for their reports again (DES-4). */
  answered: string[]
  /** The highest sequence number that was executed (F-10). */
  highestStarted: number
  /** The value of the last report of the route; null where the cloud is not known to have one (PUB-11). */
  lastReported: { readonly value: unknown } | null
  /** The reading that the host was asked for (PUB-11). */
  reading: string | null
}

/** One desired state. */
export interface Command {
  readonly id: string
  readonly value: unknown
  readonly sequence: number | null
  readonly windowEndsAt: number
  state: 'waiting' | 'running' | 'asking' | 'answered' | 'over' | 'outdated'
  /** Why it is not executed. */
  because: 'stale' | 'rejected' | 'interrupted' | null
  /** The end of its run, or of the wait for its value. */
  dueBy: number
  /** Its report, once its outcome is known. */
  answer: {
    readonly messageId: string
    readonly body: { readonly [name: string]: unknown }
    /** The bytes of its first publish; null before it (PUB-4). */
    text: string | null
    /** What the route's last report told before it (PUB-11). */
    readonly before: { readonly value: unknown } | null
  } | null
}

/** What one step brings. */
export interface StepFacts {
  readonly line: TraceLine
  /** Timers that fired in this step: overdue ones, or the event's own. */
  readonly fired: Set<TimerName>
  /** Why authority is lost in this step (SAFE-1). */
  refusal: 'must' | 'may' | 'no'
  unavailable: boolean
  /** The connection that ended in this step without our doing, and what that demands. */
  demand: Demand | null
  /** What the session went online after; null where it did not. */
  wentOnline: 'start' | 'renewal' | 'reconnect' | null
  leftSafe: boolean
  /** A wait of the HTTPS side that began in this step. */
  callWaitMs: number | null
  /** The report that was offered, and the codes that may refuse it; null once it is answered. */
  offered: Offer | null
  /** Readings of route values that were asked for in this step (PUB-11). */
  readonly readings: Set<string>
  /** Commands whose `readValue` or `settleCommand` this step owes, by desired id. */
  readonly owedCommands: Map<
    string,
    { readonly effect: string; readonly says: string; readonly rule: RuleId }
  >
  /** The rule by which an answer asks for a new token in this step (AUTH-5, CAT-6). */
  owesToken: RuleId | null
  revoked: boolean
}

/** A report at the door. */
export interface Offer {
  readonly messageId: string
  readonly route: string
  readonly body: { readonly [name: string]: unknown }
  /** The codes that may refuse it; none: it must be taken. */
  readonly faults: readonly string[]
}

/** What is known of a device before its first step. */
export function initialFacts(config: DeviceConfig): Facts {
  return {
    config,
    now: 0,
    timers: new Map(),
    authority: {
      call: null,
      token: null,
      doubted: false,
      catalog: null,
      catalogDue: true,
      leftServerBy: null,
      tuple: null,
      failures: 0,
      waits: new Map(),
      secrets: new Set(['client']),
    },
    link: {
      connection: null,
      toldOnline: false,
      everOnline: false,
      renewing: false,
      failures: 0,
      wait: null,
    },
    outbox: { pending: [], owed: new Map() },
    commands: new Map(config.commandRoutes.map((name) => [name, unknownRoute()])),
    safe: false,
    stop: { reason: null, askedAt: 0, mustRevoke: false, triedToRevoke: false, over: false },
    step: stepFacts({ n: -1, now: 0, event: null, effects: [], verdict: 'taken' }),
  }
}

/** A command route of which nothing is known yet. */
function unknownRoute(): Route {
  return {
    highest: null,
    commands: new Map(),
    answered: [],
    highestStarted: Number.NEGATIVE_INFINITY,
    lastReported: null,
    reading: null,
  }
}

/** A step of which nothing is known yet. */
export function stepFacts(line: TraceLine): StepFacts {
  return {
    line,
    fired: new Set(),
    refusal: 'no',
    unavailable: false,
    demand: null,
    wentOnline: null,
    leftSafe: false,
    callWaitMs: null,
    offered: null,
    readings: new Set(),
    owedCommands: new Map(),
    owesToken: null,
    revoked: false,
  }
}

/** The tuple, where a CONNECT may use it at this moment. */
export function usableTuple({ authority: { tuple, secrets }, now }: Facts): Tuple | null {
  return tuple !== null && tuple.spentBy === null && tuple.endsAt > now && secrets.has(tuple.secret)
    ? tuple
    : null
}

/** Whether an HTTPS call is outstanding, or will be made after a wait. */
export function isAsking({ authority, timers }: Facts): boolean {
  return authority.call !== null || timers.has('retryCall')
}

/** Whether a timer runs and is due by then. */
export function isDueBy({ timers }: Facts, name: TimerName, moment: number): boolean {
  const timer = timers.get(name)
  return timer !== undefined && timer.dueAt <= Math.ceil(moment)
}

/** The longest backoff after so many failures: it doubles, up to the cap (REC-2). */
export function longestBackoffMs({ config: { timing } }: Facts, failures: number): number {
  return Math.ceil(Math.min(timing.backoffCapMs, timing.backoffFloorMs * 2 ** Math.max(1, failures)))
}
