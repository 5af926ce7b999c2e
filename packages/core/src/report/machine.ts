import { setup } from 'xstate'
import { readChart } from '../chart.ts'
import type { ReportState } from './report.ts'

/** What can happen to one report. */
export type ReportEventType =
  | 'published'
  | 'acceptedByBroker'
  | 'acceptedUnconfirmed'
  | 'refusedByBroker'
  | 'refusedForGood'
  | 'connectionLost'
  | 'acknowledgedDone'
  | 'acknowledgedRetry'
  | 'acknowledgedFailed'
  | 'due'

/** What a report's transition does to its record and to the world. */
export type ReportAction = 'awaitAnswer' | 'keepWaiting' | 'backOff' | 'requeue' | 'settle'

const noop = () => {}

/** The three ways in which an application acknowledgement ends or prolongs a report's life, from any open state. */
const acknowledged = {
  acknowledgedDone: { target: 'done', actions: 'settle', meta: { rules: ['ACK-1', 'ACK-2', 'PUB-2'] } },
  acknowledgedRetry: { target: 'waiting', actions: 'backOff', meta: { rules: ['ACK-3', 'PUB-4'] } },
  acknowledgedFailed: { target: 'failed', actions: 'settle', meta: { rules: ['ACK-3'] } },
} as const

/**
 * The life of one report, from `report()` to its settlement. An acknowledgement is taken in every open state: it
 * may come before the PUBACK, or after a reconnect for an earlier attempt (ACK-4).
 */
export const reportMachine = setup({
  types: { events: {} as { type: ReportEventType } },
  actions: { awaitAnswer: noop, keepWaiting: noop, backOff: noop, requeue: noop, settle: noop },
}).createMachine({
  id: 'report',
  initial: 'queued',
  states: {
    queued: {
      description: 'In the outbox, to be published as soon as the session is online.',
      on: {
        ...acknowledged,
        published: {
          target: 'sent',
          actions: 'awaitAnswer',
          meta: { rules: ['PUB-1', 'PUB-4'] },
        },
        refusedForGood: { target: 'failed', actions: 'settle', meta: { rules: ['CAT-5', 'PUB-8'] } },
      },
    },
    sent: {
      description: 'Published; the broker has not accepted it yet.',
      on: {
        ...acknowledged,
        acceptedByBroker: { target: 'accepted', actions: 'keepWaiting', meta: { rules: ['PUB-2'] } },
        acceptedUnconfirmed: { target: 'unconfirmed', actions: 'settle', meta: { rules: ['ACK-7'] } },
        refusedByBroker: { target: 'waiting', actions: 'backOff', meta: { rules: ['PUB-7', 'PUB-4'] } },
        refusedForGood: { target: 'failed', actions: 'settle', meta: { rules: ['PUB-7'] } },
        connectionLost: { target: 'queued', actions: 'requeue', meta: { rules: ['PUB-7', 'PUB-4'] } },
        due: { target: 'waiting', actions: 'backOff', meta: { rules: ['ACK-5', 'PUB-4'] } },
      },
    },
    accepted: {
      description: 'Accepted by the broker, which says nothing of the application (PUB-2).',
      on: {
        ...acknowledged,
        connectionLost: { target: 'queued', actions: 'requeue', meta: { rules: ['REN-4', 'PUB-4'] } },
        due: { target: 'waiting', actions: 'backOff', meta: { rules: ['ACK-5', 'PUB-4'] } },
      },
    },
    waiting: {
      description: 'Refused or unanswered; it is published again, the same event, when its backoff ends.',
      on: {
        ...acknowledged,
        // It waits for its retry already: the same acknowledgement a second time does not prolong that (ACK-4).
        acknowledgedRetry: { target: 'waiting', meta: { rules: ['ACK-3', 'ACK-4'] } },
        due: { target: 'queued', actions: 'requeue', meta: { rules: ['ACK-3', 'PUB-4', 'PUB-7'] } },
      },
    },
    done: { description: 'Settled: the application has it.' },
    failed: { description: 'Settled: refused for good.' },
    unconfirmed: { description: 'Settled without an acknowledgement: the credential may not read any.' },
  },
})

/** The report's transitions as a table. */
export const reportChart = readChart<ReportState, ReportEventType, ReportAction>(reportMachine)
