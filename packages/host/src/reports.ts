import type { Effect, JsonValue, ReportResult } from '@realer-device/core'
import { faultText } from './diagnostics.ts'
import { ReportError } from './errors.ts'
import { copyJson } from './json-copy.ts'
import type { Turn } from './loop.ts'
import type { Platform } from './platform.ts'

/** What may be said of a report beside its route and value. */
export interface ReportOptions {
  /** The event's id, where it has one already: a retry after a restart keeps its id (PUB-4). Default: a new one. */
  readonly messageId?: string
  /** When the value was observed, ISO 8601 UTC (PUB-3). Default: now. */
  readonly valueReceivedAt?: string
}

/** How a report ended; `pending` where the device stopped before (STOP-1). */
export type ReportOutcome =
  | { readonly result: ReportResult; readonly status: string; readonly errorType: string | null }
  | { readonly result: 'pending' }

/** A report that was offered. */
export interface ReportReceipt {
  readonly messageId: string
  /**
   * Resolves when the report is taken, and on the store where the platform has one: from then on nothing loses it (PUB-9).
   * That has happened when `report()` returns, unless the store writes on its own time. Rejects as `settled` does.
   */
  readonly kept: Promise<void>
  /** Its end. Rejects with a {@link ReportError} where it was not taken; nothing of it is kept then. */
  readonly settled: Promise<ReportOutcome>
}

/** The promises of the reports on their way. */
export interface Reports {
  offer(route: string, value: JsonValue, options: ReportOptions): ReportReceipt
  settle(effect: Extract<Effect, { type: 'settleReport' }>): void
  /** Ends every wait: the device has stopped. */
  endAll(): void
}

interface Waiting {
  kept(): void
  resolve(outcome: ReportOutcome): void
  reject(error: ReportError): void
}

/** What the promises are made of. */
export interface ReportParts {
  readonly platform: Pick<Platform, 'newMessageId' | 'wallClock'>
  /** Why no report is taken now; null where they are. */
  closed(): 'not-started' | 'stopped' | null
  dispatch(turn: Turn): void
  /** Told of what was refused before the machine saw it. */
  refused(error: ReportError): void
}

/** The reports of one device, none so far. */
export function createReports(parts: ReportParts): Reports {
  const { platform, closed, dispatch, refused } = parts
  const waiting = new Map<string, Waiting>()

  function enter(event: Offer, offered: Waiting): void {
    const { messageId } = event
    dispatch({
      event,
      decided({ effects }) {
        for (const effect of effects) {
          if (effect.type === 'acceptReport' && effect.messageId === messageId) {
            waiting.set(messageId, offered)
            return offered.kept()
          }
          if (effect.type === 'refuseReport' && effect.messageId === messageId) {
            return offered.reject(new ReportError(effect.code, effect.field, messageId, effect.message))
          }
        }
        offered.reject(
          new ReportError('stopped', 'route', messageId, 'The device takes no reports any more.'),
        )
      },
      unkept(error) {
        const message = `The store could not keep the report: ${faultText(error)}`
        refuse(offered, new ReportError('store-failed', 'store', messageId, message))
      },
    })
  }

  function refuse(offered: Waiting, error: ReportError): void {
    offered.reject(error)
    refused(error)
  }

  return {
    offer(route, value, options) {
      const event = offerOf(route, value, {
        messageId: options.messageId ?? platform.newMessageId(),
        valueReceivedAt: options.valueReceivedAt ?? platform.wallClock(),
      })
      const { messageId } = event
      let offered: Waiting = { kept() {}, resolve() {}, reject() {} }
      const kept = new Promise<void>((resolve, reject) => {
        offered = { ...offered, kept: resolve, reject }
      })
      const settled = new Promise<ReportOutcome>((resolve, reject) => {
        const { reject: rejectKept } = offered
        offered = {
          ...offered,
          resolve,
          reject(error) {
            rejectKept(error)
            reject(error)
          },
        }
      })
      // A refusal is told as a diagnostic as well: a caller who does not look at a promise is no unhandled rejection.
      kept.catch(() => {})
      settled.catch(() => {})
      const closure = closed()
      const fault = closure === null ? faultOf(event) : closedError(closure, messageId)
      if (fault === null) enter(event as Offer, offered)
      else refuse(offered, fault)
      return { messageId, kept, settled }
    },
    settle({ messageId, result, status, errorType }) {
      waiting.get(messageId)?.resolve({ result, status, errorType })
      waiting.delete(messageId)
    },
    endAll() {
      for (const { resolve } of waiting.values()) resolve({ result: 'pending' })
      waiting.clear()
    },
  }
}

type Offer = Extract<Turn['event'], { type: 'reportOffered' }>

/** An offer whose value JSON may not be able to carry. */
type OpenOffer = Omit<Offer, 'value'> & { readonly value: JsonValue | undefined }

function offerOf(
  route: string,
  value: JsonValue,
  rest: { messageId: string; valueReceivedAt: string },
): OpenOffer {
  return { type: 'reportOffered', route, value: copyJson(value), ...rest }
}

/** What must not even become an event, for events are plain JSON; the machine judges the rest (PUB-3). */
function faultOf({ route, value, messageId, valueReceivedAt }: OpenOffer): ReportError | null {
  if (typeof messageId !== 'string')
    return new ReportError('message-id-invalid', 'messageId', '', 'A message id is a string.')
  if (typeof route !== 'string')
    return new ReportError('route-unknown', 'route', messageId, 'A route is a string.')
  if (value === undefined)
    return new ReportError('value-invalid', 'value', messageId, 'A value is a string or other plain JSON.')
  if (typeof valueReceivedAt !== 'string')
    return new ReportError('value-received-at-invalid', 'valueReceivedAt', messageId, 'A time is a string.')
  return null
}

function closedError(code: 'not-started' | 'stopped', messageId: string): ReportError {
  return new ReportError(code, 'route', messageId, 'The device takes reports between start() and its stop.')
}
