import { setup } from 'xstate'
import { readChart } from '../chart.ts'
import type { CommandState } from './command.ts'

/** What can happen to one command. */
export type CommandEventType =
  | 'started'
  | 'windowEnded'
  | 'superseded'
  | 'late'
  | 'finishedApplied'
  | 'finishedRejected'
  | 'valueRead'
  | 'valueUnknown'

/** What a command's transition does to its record and to the world. */
export type CommandAction =
  | 'execute'
  | 'askStale'
  | 'reportApplied'
  | 'reportRejected'
  | 'reportAsked'
  | 'giveUp'

const noop = () => {}

/** The life of one desired state on this device, from its acceptance to its report. */
export const commandMachine = setup({
  types: { events: {} as { type: CommandEventType } },
  actions: {
    execute: noop,
    askStale: noop,
    reportApplied: noop,
    reportRejected: noop,
    reportAsked: noop,
    giveUp: noop,
  },
}).createMachine({
  id: 'command',
  initial: 'waiting',
  states: {
    waiting: {
      description: 'Accepted, not started: another one runs on the route, or the device is locally safe.',
      on: {
        started: { target: 'running', actions: 'execute', meta: { rules: ['DES-2', 'DES-8'] } },
        windowEnded: { target: 'asking', actions: 'askStale', meta: { rules: ['DES-2', 'DES-5'] } },
        superseded: { target: 'asking', actions: 'askStale', meta: { rules: ['DES-8'] } },
      },
    },
    running: {
      description:
        'With the host; a window that ends now changes nothing, unless the host says that it came late.',
      on: {
        finishedApplied: {
          target: 'answered',
          actions: 'reportApplied',
          meta: { rules: ['DES-7', 'PUB-5'] },
        },
        finishedRejected: {
          target: 'answered',
          actions: 'reportRejected',
          meta: { rules: ['DES-6', 'PUB-5'] },
        },
        late: { target: 'asking', actions: 'askStale', meta: { rules: ['DES-5'] } },
        valueUnknown: { target: 'answered', actions: 'giveUp', meta: { rules: ['PUB-10'] } },
      },
    },
    asking: {
      description: 'Not executed; the host is asked for the physical value that its report needs.',
      on: {
        valueRead: {
          target: 'answered',
          actions: 'reportAsked',
          meta: { rules: ['DES-5', 'DES-6', 'PUB-5'] },
        },
        valueUnknown: { target: 'answered', actions: 'giveUp', meta: { rules: ['DES-5', 'PUB-10'] } },
      },
    },
    answered: { description: 'Its report is in the outbox.' },
  },
})

/** The command's transitions as a table. */
export const commandChart = readChart<CommandState, CommandEventType, CommandAction>(commandMachine)
