import { setup } from 'xstate'
import { type ChartEvent, factGuards, readChart } from '../chart.ts'
import type { CommandState } from './command.ts'

/** What can happen to one command. */
export type CommandEventType =
  | 'arrived'
  | 'turnCame'
  | 'superseded'
  | 'due'
  | 'finished'
  | 'late'
  | 'valueRead'
  | 'valueUnknown'
  | 'crowdedOut'
  | 'resumed'

/** What a command's guards look at: each holds or not at the moment of the event. */
export const commandFacts = [
  /** It was answered not long ago: its outcome is known (DES-4). */
  'outcomeIsKnown',
  /** Its `desired_id` came before (DES-4). */
  'isRepeated',
  /** Only its `desired_id` could be read (DES-10). */
  'isMalformed',
  /** Its sequence number is not above the highest accepted one, and the host wants that told (DES-3). */
  'isOutdatedAndTold',
  /** Its sequence number is not above the highest accepted one (DES-3). */
  'isOutdated',
  /** No other runs on the route or waits to be judged after an interruption, its window is open, the device is neither locally safe nor stopping (DES-2, DES-8, DES-11, STOP-1). */
  'mayStart',
  /** The host's observation cannot make a report (PUB-3). */
  'observationIsUnusable',
  /** The host executed it (DES-7). */
  'wasApplied',
  /** After a restart: its window is known to be open (DES-2). */
  'windowIsOpen',
  /** After a restart: its window is open, no newer one waits, and its route's handler may run again (DES-8, DES-12). */
  'mayRepeat',
] as const

/** The name of a fact that a command's guard looks at. */
export type CommandFact = (typeof commandFacts)[number]

/** What a command's transition does to its record and to the world. */
export type CommandAction =
  | 'accept'
  | 'noteOutdated'
  | 'reportAgain'
  | 'execute'
  | 'cancel'
  | 'askRejected'
  | 'askStale'
  | 'askInterrupted'
  | 'askAgain'
  | 'refuseObservation'
  | 'reportApplied'
  | 'reportRejected'
  | 'reportAsked'
  | 'giveUp'
  | 'dropUnanswered'

const noop = () => {}

const refuseObservation = {
  guard: 'observationIsUnusable',
  actions: 'refuseObservation',
  meta: { rules: ['PUB-3', 'PUB-10'] },
} as const

/** The life of one desired state on this device, from its arrival to its report. */
export const commandMachine = setup({
  types: { events: {} as ChartEvent<CommandEventType, CommandFact> },
  guards: factGuards(commandFacts),
  actions: {
    accept: noop,
    noteOutdated: noop,
    reportAgain: noop,
    execute: noop,
    cancel: noop,
    askRejected: noop,
    askStale: noop,
    askInterrupted: noop,
    askAgain: noop,
    refuseObservation: noop,
    reportApplied: noop,
    reportRejected: noop,
    reportAsked: noop,
    giveUp: noop,
    dropUnanswered: noop,
  },
}).createMachine({
  id: 'command',
  description: 'One desired state of a command route.',
  initial: 'arriving',
  states: {
    arriving: {
      description: 'Just received; nothing of it is kept yet.',
      on: {
        arrived: [
          {
            guard: 'outcomeIsKnown',
            target: 'answered',
            actions: 'reportAgain',
            meta: { rules: ['DES-4', 'PUB-4'] },
          },
          { guard: 'isRepeated', target: 'dropped', meta: { rules: ['DES-4'] } },
          { guard: 'isMalformed', target: 'asking', actions: 'askRejected', meta: { rules: ['DES-10'] } },
          {
            guard: 'isOutdatedAndTold',
            target: 'asking',
            actions: ['noteOutdated', 'askStale'],
            meta: { rules: ['DES-3'] },
          },
          { guard: 'isOutdated', target: 'dropped', actions: 'noteOutdated', meta: { rules: ['DES-3'] } },
          { target: 'waiting', actions: 'accept', meta: { rules: ['DES-1', 'DES-2', 'DES-3', 'DES-8'] } },
        ],
      },
    },
    waiting: {
      description: 'Accepted, not started: another one runs on the route, or the device is locally safe.',
      on: {
        turnCame: {
          guard: 'mayStart',
          target: 'running',
          actions: 'execute',
          meta: { rules: ['DES-2', 'DES-8', 'DES-11'] },
        },
        due: { target: 'asking', actions: 'askStale', meta: { rules: ['DES-2', 'DES-5'] } },
        superseded: { target: 'asking', actions: 'askStale', meta: { rules: ['DES-8'] } },
        resumed: [
          { guard: 'windowIsOpen', target: 'waiting', meta: { rules: ['DES-2', 'CORE-6'] } },
          { target: 'asking', actions: 'askStale', meta: { rules: ['DES-5', 'CORE-6'] } },
        ],
      },
    },
    running: {
      description:
        'With the host; a window that ends now changes nothing, unless the host says that it came late.',
      on: {
        finished: [
          refuseObservation,
          {
            guard: 'wasApplied',
            target: 'answered',
            actions: 'reportApplied',
            meta: { rules: ['DES-7', 'PUB-5', 'PUB-10'] },
          },
          {
            target: 'answered',
            actions: 'reportRejected',
            meta: { rules: ['DES-6', 'PUB-5', 'PUB-10'] },
          },
        ],
        late: { target: 'asking', actions: 'askStale', meta: { rules: ['DES-5'] } },
        valueUnknown: { target: 'dropped', actions: 'giveUp', meta: { rules: ['PUB-10'] } },
        due: {
          target: 'asking',
          actions: ['cancel', 'askInterrupted'],
          meta: { rules: ['DES-8', 'DES-12'] },
        },
        resumed: [
          { guard: 'mayRepeat', target: 'waiting', meta: { rules: ['DES-12', 'CORE-6'] } },
          { target: 'asking', actions: 'askInterrupted', meta: { rules: ['DES-12', 'CORE-6'] } },
        ],
      },
    },
    asking: {
      description:
        'Not executed, or interrupted; the host is asked for the physical value that its report needs.',
      on: {
        valueRead: [
          refuseObservation,
          {
            target: 'answered',
            actions: 'reportAsked',
            meta: { rules: ['DES-5', 'DES-6', 'DES-12', 'PUB-5', 'PUB-10'] },
          },
        ],
        valueUnknown: { target: 'dropped', actions: 'giveUp', meta: { rules: ['DES-5', 'PUB-10'] } },
        due: { target: 'dropped', actions: 'giveUp', meta: { rules: ['PUB-10', 'CORE-7'] } },
        crowdedOut: { target: 'dropped', actions: 'dropUnanswered', meta: { rules: ['CORE-5'] } },
        resumed: { target: 'asking', actions: 'askAgain', meta: { rules: ['CORE-6', 'DES-5'] } },
      },
    },
    answered: { description: 'Its report is in the outbox.' },
    dropped: { description: 'Nothing moves and nothing is reported on its account.' },
  },
})

/** The command's transitions as a table. */
export const commandChart = readChart<CommandState, CommandEventType, CommandAction, CommandFact>(
  commandMachine,
)
