import { setup } from 'xstate'
import { type ChartEvent, factGuards, readChart } from '../chart.ts'
import type { ReportState } from './report.ts'

/** What can happen to one report. */
export type ReportEventType =
  | 'turnCame'
  | 'brokerAccepted'
  | 'brokerRefused'
  | 'acknowledged'
  | 'connectionLost'
  | 'catalogRead'
  | 'due'
  | 'evicted'
  | 'resumed'

/** What a report's guards look at: each holds or not at the moment of the event. */
export const reportFacts = [
  /** The catalog does not have its route any more (CAT-5). */
  'routeIsGone',
  /** The payload is over the catalog's or the broker's limit (PUB-8). */
  'payloadIsTooLarge',
  /**
   * Online, with a tuple that has not expired and grants the route's scope; the broker takes one more, and no earlier
   * report of the route waits for its retry (SUB-2, REN-5, CRED-4, PUB-8, PUB-9).
   */
  'maySend',
  /** The connection reads acknowledgements (ACK-7). */
  'acknowledgementsAreRead',
  /** No retry can mend the broker's reason: payload format invalid, packet too large (PUB-7). */
  'reasonIsFinal',
  /** Not authorized or topic name invalid: the catalog may have changed (PUB-7, CAT-8). */
  'reasonDoubtsCatalog',
  /** The acknowledgement says `accepted` or `replayed` (ACK-2). */
  'statusIsDone',
  /** The acknowledgement is negative, and `retryable` is true (ACK-3). */
  'statusIsRetryable',
  /** It was published as often without an answer as the host allows (ACK-5). */
  'attemptsAreSpent',
] as const

/** The name of a fact that a report's guard looks at. */
export type ReportFact = (typeof reportFacts)[number]

/** What a report's transition does to its record and to the world. */
export type ReportAction =
  | 'publish'
  | 'awaitAcknowledgement'
  | 'backOff'
  | 'countUnanswered'
  | 'requeue'
  | 'doubtCatalog'
  | 'settle'

const noop = () => {}

/** An application acknowledgement ends or prolongs a report's life, from any open state (ACK-4). */
const acknowledged = [
  {
    guard: 'statusIsDone',
    target: 'done',
    actions: 'settle',
    meta: { rules: ['ACK-1', 'ACK-2', 'PUB-2'] },
  },
  {
    guard: 'statusIsRetryable',
    target: 'waiting',
    actions: 'backOff',
    meta: { rules: ['ACK-3', 'PUB-4'] },
  },
  { target: 'failed', actions: 'settle', meta: { rules: ['ACK-3'] } },
] as const

/** No acknowledgement in time: again, for as long as the host's policy says (ACK-5). */
const due = [
  { guard: 'attemptsAreSpent', target: 'failed', actions: 'settle', meta: { rules: ['ACK-5'] } },
  { target: 'waiting', actions: ['countUnanswered', 'backOff'], meta: { rules: ['ACK-5', 'PUB-4'] } },
] as const

/** A restart forgets what was on its way; the report goes out again as the same event. */
const resumed = {
  target: 'queued',
  actions: 'requeue',
  meta: { rules: ['PUB-4', 'PUB-9', 'CORE-6'] },
} as const

/** Only what is not on its way can make room for a newer report. */
const evicted = { target: 'failed', actions: 'settle', meta: { rules: ['PUB-9'] } } as const

/**
 * The life of one report, from `report()` to its settlement. An acknowledgement is taken in every open state: it
 * may come before the PUBACK, or after a reconnect for an earlier attempt (ACK-4).
 */
export const reportMachine = setup({
  types: { events: {} as ChartEvent<ReportEventType, ReportFact> },
  guards: factGuards(reportFacts),
  actions: {
    publish: noop,
    awaitAcknowledgement: noop,
    backOff: noop,
    countUnanswered: noop,
    requeue: noop,
    doubtCatalog: noop,
    settle: noop,
  },
}).createMachine({
  id: 'report',
  description: 'One local physical event on its way to the cloud.',
  initial: 'queued',
  states: {
    queued: {
      description: 'In the outbox, to be published as soon as the session is online.',
      on: {
        turnCame: [
          { guard: 'routeIsGone', target: 'failed', actions: 'settle', meta: { rules: ['CAT-5', 'PUB-9'] } },
          { guard: 'payloadIsTooLarge', target: 'failed', actions: 'settle', meta: { rules: ['PUB-8'] } },
          {
            guard: 'maySend',
            target: 'sent',
            actions: 'publish',
            meta: { rules: ['PUB-1', 'PUB-4', 'PUB-8', 'PUB-9', 'CRED-4'] },
          },
        ],
        acknowledged,
        evicted,
      },
    },
    sent: {
      description: 'Published; the broker has not accepted it yet.',
      on: {
        brokerAccepted: [
          {
            guard: 'acknowledgementsAreRead',
            target: 'accepted',
            actions: 'awaitAcknowledgement',
            meta: { rules: ['PUB-2'] },
          },
          { target: 'unconfirmed', actions: 'settle', meta: { rules: ['ACK-7'] } },
        ],
        brokerRefused: [
          { guard: 'reasonIsFinal', target: 'failed', actions: 'settle', meta: { rules: ['PUB-7'] } },
          {
            guard: 'reasonDoubtsCatalog',
            target: 'doubted',
            actions: 'doubtCatalog',
            meta: { rules: ['PUB-7', 'CAT-8'] },
          },
          { target: 'waiting', actions: 'backOff', meta: { rules: ['PUB-7', 'PUB-4'] } },
        ],
        acknowledged,
        connectionLost: { target: 'queued', actions: 'requeue', meta: { rules: ['PUB-7', 'PUB-4'] } },
        due,
        resumed,
      },
    },
    accepted: {
      description: 'Accepted by the broker, which says nothing of the application (PUB-2).',
      on: {
        acknowledged,
        connectionLost: { target: 'queued', actions: 'requeue', meta: { rules: ['REN-4', 'PUB-4'] } },
        due,
        resumed,
      },
    },
    waiting: {
      description: 'Refused or unanswered; it is published again, the same event, when its backoff ends.',
      on: {
        acknowledged: [
          acknowledged[0],
          // It waits for its retry already: the same acknowledgement a second time does not prolong that (ACK-4).
          { guard: 'statusIsRetryable', target: 'waiting', meta: { rules: ['ACK-3', 'ACK-4'] } },
          acknowledged[2],
        ],
        due: { target: 'queued', actions: 'requeue', meta: { rules: ['ACK-3', 'PUB-4', 'PUB-7'] } },
        evicted,
        resumed,
      },
    },
    doubted: {
      description: 'Refused for its topic or its rights; it waits until the catalog was read again.',
      on: {
        acknowledged: [
          acknowledged[0],
          { guard: 'statusIsRetryable', target: 'doubted', meta: { rules: ['ACK-3', 'ACK-4'] } },
          acknowledged[2],
        ],
        catalogRead: { target: 'queued', actions: 'requeue', meta: { rules: ['PUB-7', 'PUB-4', 'CAT-8'] } },
        evicted,
        resumed,
      },
    },
    done: { description: 'Settled: the application has it.' },
    failed: { description: 'Settled: refused for good, given up, or evicted.' },
    unconfirmed: { description: 'Settled without an acknowledgement: the credential may not read any.' },
  },
})

/** The report's transitions as a table. */
export const reportChart = readChart<ReportState, ReportEventType, ReportAction, ReportFact>(reportMachine)
