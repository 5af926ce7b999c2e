import { initialContext } from './context.ts'
import { sessionSetup } from './setup.ts'
import { authority } from './states/authority.ts'
import { commands } from './states/commands.ts'
import { link } from './states/link.ts'
import { reports } from './states/reports.ts'
import { safety } from './states/safety.ts'
import { stopping } from './states/stopping.ts'

/**
 * The device's session as one statechart. Five regions run side by side while the device runs: `authority` gets
 * and renews the CONNECT tuple over HTTPS, `link` is the one MQTT connection, `safety` is what the host was told,
 * `reports` and `commands` are the application's two directions. Every transition names its rules in `meta`.
 *
 * Hosts use `initial` and `step`, which also keep late answers out (CORE-4); the machine itself is for charts,
 * tables and model-based tests.
 */
export const deviceMachine = sessionSetup.createMachine({
  id: 'device',
  context: ({ input }) => initialContext(input.config, input.kept ?? null),
  initial: 'running',
  // A command may finish at any time, after a stop too: its outcome is kept with the other reports (STOP-1).
  on: {
    commandFinished: { actions: 'finishCommand', meta: { rules: ['DES-6', 'DES-7'] } },
    commandLate: { actions: 'missWindow', meta: { rules: ['DES-5'] } },
    valueRead: { actions: 'takeValue', meta: { rules: ['DES-5', 'PUB-5'] } },
    valueUnknown: { actions: 'missValue', meta: { rules: ['PUB-10'] } },
  },
  states: {
    running: {
      type: 'parallel',
      on: {
        stopRequested: [
          {
            guard: 'isCompromise',
            target: 'stopping.revoking',
            actions: ['beginStop', 'closeSession'],
            meta: { rules: ['STOP-1', 'STOP-2', 'AUTH-7'] },
          },
          { target: 'stopping', actions: 'beginStop', meta: { rules: ['STOP-1'] } },
        ],
      },
      states: { authority, link, safety, reports, commands },
    },
    stopping,
    stopped: {
      description: 'The end: everything is told and nothing is done.',
      on: { reportOffered: { actions: 'refuseAfterStop', meta: { rules: ['STOP-1'] } } },
    },
  },
})
