import * as v from 'valibot'
import { SandboxError } from './errors.ts'
import type { WritableLedger } from './ledger.ts'

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** An HTTPS answer given instead of the right one. */
export interface FaultAnswer {
  /** HTTP status. */
  status: number
  /** `code` of the body (catalog and credential calls); left out where not given. */
  code?: number
  /** `error` of the body in OAuth's error shape (token and revoke calls). */
  oauthError?: string
  /** `Retry-After` header: seconds, or an HTTP date. */
  retryAfter?: number | string
}

/** Changes made to the right answer's body, by dotted path (`mqtt.broker_url`, `mqtt_routes.0.mqtt`). */
export interface FaultPatch {
  delete?: string[]
  set?: Record<string, Json>
}

/**
 * What may go wrong with an HTTPS call. `reset` and `malformed` happen after the call took effect;
 * `hang` before it, until `faults.clear()` or the end of the sandbox.
 */
export type HttpFault = { at: 'token' | 'catalog' | 'credential' | 'revoke'; times?: number } & (
  | { answer: FaultAnswer }
  | { patch: FaultPatch }
  | { delayMs: number }
  | { do: 'reset' | 'hang' | 'malformed' }
)

/** What may go wrong with a CONNECT: a CONNACK reason code (0x80 and above), a TCP reset before CONNACK, or silence. */
export type ConnectFault = { at: 'connect'; times?: number } & ({ refuse: number } | { do: 'drop' | 'hang' })

/** A SUBACK reason code (0x80 and above), for every topic or for one only. */
export type SubscribeFault = { at: 'subscribe'; times?: number; topic?: string; refuse: number }

/**
 * What may go wrong with a PUBLISH: a PUBACK reason code (0x80 and above), a late PUBACK, a TCP reset before the
 * application has the message (`drop`) or after it has executed it, without PUBACK and acknowledgement (`execute-then-drop`);
 * or a PUBACK that never comes, while the application executes and acknowledges (`withhold-puback`).
 */
export type PublishFault = { at: 'publish'; times?: number } & (
  | { refuse: number }
  | { delayMs: number }
  | { do: 'drop' | 'execute-then-drop' | 'withhold-puback' }
)

/** A negative acknowledgement for a message that deserved a good one. */
export interface Nack {
  status: 'rejected' | 'error' | 'conflict'
  /** With true nothing is recorded, so that the retry is accepted; with false the refusal is final. */
  retryable: boolean
  /** `error.type`. Default `sandbox_fault`. */
  errorType?: string
}

/** What may go wrong with an acknowledgement. `reorder` holds it until after the next one. */
export type AcknowledgementFault = { at: 'acknowledgement'; times?: number } & (
  | { nack: Nack }
  | { delayMs: number }
  | { do: 'swallow' | 'duplicate' | 'reorder' | 'malformed' }
)

/** What may go wrong with a desired state. `reorder` holds it until after the next one. */
export type DesiredFault = { at: 'desired'; times?: number; do: 'duplicate' | 'swallow' | 'reorder' }

/** A fault by order; it happens once, or `times` times. */
export type Fault =
  | HttpFault
  | ConnectFault
  | SubscribeFault
  | PublishFault
  | AcknowledgementFault
  | DesiredFault

/** Where a fault can happen. */
export type FaultPlace = Fault['at']

/** A fault at one place. */
export type FaultAt<P extends FaultPlace> = Extract<Fault, { at: P }>

/** Faults by order. */
export interface Faults {
  /**
   * Orders a fault. Orders at one place happen in the order in which they were given. Throws `SandboxError`
   * `invalid-argument`, or `fault-unsupported` where the broker in use cannot do it.
   */
  order(fault: Fault): void
  /** Drops every order that has not happened, and ends every hang with a TCP reset. */
  clear(): void
  /** Orders that have not happened yet. */
  readonly outstanding: number
}

/** The orders as the sandbox's parts see them. */
export interface FaultBook extends Faults {
  /** Takes the next order at a place (that fits, where `fits` is given), and enters it in the ledger. */
  take<P extends FaultPlace>(at: P, fits?: (fault: FaultAt<P>) => boolean): FaultAt<P> | undefined
  /** Runs the function at the next `clear()`; returns a function that forgets it. */
  onClear(release: () => void): () => void
}

const reason = v.pipe(v.number(), v.integer(), v.minValue(0x80), v.maxValue(0xff))
const delayMs = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(86_400_000))
const times = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)))
const http = { at: v.picklist(['token', 'catalog', 'credential', 'revoke']), times }
const answer = v.strictObject({
  status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  code: v.optional(v.pipe(v.number(), v.integer())),
  oauthError: v.optional(v.string()),
  retryAfter: v.optional(v.union([v.number(), v.string()])),
})
const patch = v.strictObject({
  delete: v.optional(v.array(v.string())),
  set: v.optional(v.record(v.string(), v.any())),
})
const nack = v.strictObject({
  status: v.picklist(['rejected', 'error', 'conflict']),
  retryable: v.boolean(),
  errorType: v.optional(v.string()),
})
const faultSchema = v.union([
  v.strictObject({ ...http, answer }),
  v.strictObject({ ...http, patch }),
  v.strictObject({ ...http, delayMs }),
  v.strictObject({ ...http, do: v.picklist(['reset', 'hang', 'malformed']) }),
  v.strictObject({ at: v.literal('connect'), times, refuse: reason }),
  v.strictObject({ at: v.literal('connect'), times, do: v.picklist(['drop', 'hang']) }),
  v.strictObject({ at: v.literal('subscribe'), times, refuse: reason, topic: v.optional(v.string()) }),
  v.strictObject({ at: v.literal('publish'), times, refuse: reason }),
  v.strictObject({ at: v.literal('publish'), times, delayMs }),
  v.strictObject({
    at: v.literal('publish'),
    times,
    do: v.picklist(['drop', 'execute-then-drop', 'withhold-puback']),
  }),
  v.strictObject({ at: v.literal('acknowledgement'), times, nack }),
  v.strictObject({ at: v.literal('acknowledgement'), times, delayMs }),
  v.strictObject({
    at: v.literal('acknowledgement'),
    times,
    do: v.picklist(['swallow', 'duplicate', 'reorder', 'malformed']),
  }),
  v.strictObject({ at: v.literal('desired'), times, do: v.picklist(['duplicate', 'swallow', 'reorder']) }),
])

/** What a fault does, in a few words for the ledger and for errors. */
export function describeFault(fault: Fault): string {
  const { at: _at, times: _times, ...what } = fault
  return JSON.stringify(what)
}

/** A book without orders. `accept` is asked about each order, and throws where the broker cannot carry it out. */
export function createFaultBook(ledger: WritableLedger, accept: (fault: Fault) => void): FaultBook {
  const orders: { fault: Fault; left: number }[] = []
  const releases = new Set<() => void>()
  return {
    order(fault) {
      if (!v.safeParse(faultSchema, fault).success) {
        throw new SandboxError('invalid-argument', `No such fault: ${JSON.stringify(fault)}`, 'fault')
      }
      accept(fault)
      orders.push({ fault: structuredClone(fault), left: fault.times ?? 1 })
    },
    clear() {
      orders.length = 0
      for (const release of [...releases]) release()
      releases.clear()
    },
    get outstanding() {
      return orders.reduce((sum, order) => sum + order.left, 0)
    },
    take<P extends FaultPlace>(at: P, fits: (fault: FaultAt<P>) => boolean = () => true) {
      const order = orders.find(({ fault }) => fault.at === at && fits(fault as FaultAt<P>))
      if (order === undefined) return undefined
      order.left -= 1
      if (order.left === 0) orders.splice(orders.indexOf(order), 1)
      ledger.write({ kind: 'fault', at, what: describeFault(order.fault) })
      return order.fault as FaultAt<P>
    },
    onClear(release) {
      releases.add(release)
      return () => {
        releases.delete(release)
      }
    },
  }
}
