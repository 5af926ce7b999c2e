import { setup } from 'xstate'
import * as commands from '../command/decisions.ts'
import * as reports from '../report/decisions.ts'
import * as authority from './authority.ts'
import { initialContext, type SessionContext } from './context.ts'
import { appliedRules, decide, effectTypes } from './decide.ts'
import type { SessionEvent, SessionInput } from './event.ts'
import { guards } from './guards.ts'
import * as link from './link.ts'
import * as safety from './safety.ts'
import * as stop from './stop.ts'

const noop = () => {}

/** The effects and the rules' carrier: actions by name only, for the host to carry out. */
const effects = Object.fromEntries([...effectTypes, appliedRules].map((type) => [type, noop])) as {
  [type in (typeof effectTypes)[number] | typeof appliedRules]: () => void
}

/**
 * The device's session as one statechart. Five regions run side by side while the device runs: `authority` gets
 * and renews the CONNECT tuple over HTTPS, `link` is the one MQTT connection, `safety` is what the host was told,
 * `reports` and `commands` are the application's two directions. Every transition names its rules in `meta`.
 *
 * Hosts use `initial` and `step`, which also keep late answers out (CORE-4); the machine itself is for charts,
 * tables and model-based tests.
 */
export const deviceMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
  },
  guards,
  actions: {
    ...effects,
    callToken: decide(authority.callToken),
    callCatalog: decide(authority.callCatalog),
    callCredential: decide(authority.callCredential),
    keepToken: decide(authority.keepToken),
    keepCatalog: decide(authority.keepCatalog),
    keepTuple: decide(authority.keepTuple),
    doubtToken: decide(authority.doubtToken),
    doubtCatalog: decide(authority.doubtCatalog),
    doubtCatalogAfterCall: decide(authority.doubtCatalogAfterCall),
    takeRefusal: decide(authority.takeRefusal),
    takeFailure: decide(authority.takeFailure),
    giveUpCall: decide(authority.giveUpCall),
    waitForRetry: decide(authority.waitForRetry),
    awaitAvailability: decide(authority.awaitAvailability),
    passRenewal: decide(authority.passRenewal),
    expireTuple: decide(authority.expireTuple),
    openConnection: decide(link.openConnection),
    keepLimits: decide(link.keepLimits),
    subscribe: decide(link.subscribe),
    goOnline: decide(link.goOnline),
    noteRefusedTopics: decide(link.noteRefusedTopics),
    becomeStable: decide(link.becomeStable),
    disconnectForRenewal: decide(link.disconnectForRenewal),
    disconnectExpired: decide(link.disconnectExpired),
    disconnectRefused: decide(link.disconnectRefused),
    endConnection: decide(link.endConnection),
    cutConnection: decide(link.cutConnection),
    failSlowConnection: decide(link.failSlowConnection),
    takeLoss: decide(link.takeLoss),
    waitToReconnect: decide(link.waitToReconnect),
    askForTuple: decide(link.askForTuple),
    startSafe: decide(safety.startSafe),
    becomeSafe: decide(safety.becomeSafe),
    becomeNormal: decide(safety.becomeNormal),
    takeReport: decide(reports.takeReport),
    refuseAfterStop: decide(reports.refuseAfterStop),
    answerPublish: decide(reports.answerPublish),
    takeAcknowledgement: decide(reports.takeAcknowledgement),
    reportsDue: decide(reports.reportsDue),
    takeDesiredState: decide(commands.takeDesiredState),
    finishCommand: decide(commands.finishCommand),
    takeValue: decide(commands.takeValue),
    missValue: decide(commands.missValue),
    commandsDue: decide(commands.commandsDue),
    beginStop: decide(stop.beginStop),
    closeSession: decide(stop.closeSession),
    revoke: decide(stop.revoke),
    finishRevoked: decide(stop.finishRevoked),
    finishUnrevoked: decide(stop.finishUnrevoked),
  },
}).createMachine({
  id: 'device',
  context: ({ input }) => initialContext(input.config),
  initial: 'running',
  // A report may be offered and a command may finish at any time before the stop is over.
  on: {
    commandFinished: { actions: 'finishCommand', meta: { rules: ['DES-6', 'DES-7'] } },
    valueRead: { actions: 'takeValue', meta: { rules: ['DES-5', 'PUB-5'] } },
    valueUnknown: { actions: 'missValue', meta: { rules: ['PUB-10'] } },
  },
  states: {
    running: {
      type: 'parallel',
      on: {
        stopRequested: { target: 'stopping', actions: 'beginStop', meta: { rules: ['STOP-1'] } },
      },
      states: {
        authority: {
          description: 'HTTPS: the Bearer token, the catalog, the CONNECT tuple; one call at a time.',
          initial: 'deciding',
          on: {
            'timer.expireTuple': {
              actions: 'expireTuple',
              meta: { rules: ['REN-3', 'REN-5', 'CRED-5', 'SAFE-1'] },
            },
            // Only `holding` asks for a renewal: in every other state the next tuple is on its way already.
            'timer.renewTuple': { actions: 'passRenewal', meta: { rules: ['REN-1'] } },
            catalogDoubted: { actions: 'doubtCatalog', meta: { rules: ['CAT-8'] } },
          },
          states: {
            deciding: {
              description: 'What the next credential request still needs.',
              always: [
                {
                  guard: 'tokenIsDue',
                  target: 'asking.token',
                  meta: { rules: ['AUTH-2', 'AUTH-4', 'REN-2'] },
                },
                { guard: 'catalogIsDue', target: 'asking.catalog', meta: { rules: ['CAT-1'] } },
                { guard: 'mqttIsUnavailable', target: 'unavailable', meta: { rules: ['CAT-4'] } },
                { target: 'asking.credential', meta: { rules: ['CRED-1'] } },
              ],
            },
            asking: {
              description: 'One HTTPS call is outstanding.',
              initial: 'token',
              on: {
                callFailed: {
                  target: 'backingOff',
                  actions: 'takeFailure',
                  meta: { rules: ['AUTH-6', 'REC-2'] },
                },
                'timer.callTimeout': {
                  target: 'backingOff',
                  actions: 'giveUpCall',
                  meta: { rules: ['AUTH-6', 'REC-2'] },
                },
              },
              states: {
                token: {
                  entry: 'callToken',
                  on: {
                    tokenIssued: {
                      target: '#device.running.authority.deciding',
                      actions: 'keepToken',
                      meta: { rules: ['AUTH-2', 'AUTH-3', 'AUTH-4'] },
                    },
                    callRefused: {
                      target: '#device.running.authority.refused',
                      actions: 'takeRefusal',
                      meta: { rules: ['AUTH-6', 'SAFE-1'] },
                    },
                  },
                },
                catalog: {
                  entry: 'callCatalog',
                  on: {
                    catalogRead: {
                      target: '#device.running.authority.deciding',
                      actions: 'keepCatalog',
                      meta: { rules: ['CAT-1', 'CAT-2', 'CAT-3', 'CAT-5', 'CAT-6'] },
                    },
                    callRefused: [
                      {
                        guard: 'tokenIsRefused',
                        target: '#device.running.authority.deciding',
                        actions: 'doubtToken',
                        meta: { rules: ['AUTH-5'] },
                      },
                      {
                        target: '#device.running.authority.refused',
                        actions: 'takeRefusal',
                        meta: { rules: ['AUTH-5', 'CAT-6', 'SAFE-1'] },
                      },
                    ],
                  },
                },
                credential: {
                  entry: 'callCredential',
                  on: {
                    tupleIssued: {
                      target: '#device.running.authority.holding',
                      actions: 'keepTuple',
                      meta: { rules: ['CRED-1', 'CRED-2', 'CRED-3', 'CRED-4', 'CRED-5', 'CRED-6'] },
                    },
                    callRefused: [
                      {
                        guard: 'tokenIsRefused',
                        target: '#device.running.authority.deciding',
                        actions: 'doubtToken',
                        meta: { rules: ['AUTH-5'] },
                      },
                      {
                        guard: 'endpointIsGone',
                        target: '#device.running.authority.backingOff',
                        actions: 'doubtCatalogAfterCall',
                        meta: { rules: ['CAT-8'] },
                      },
                      {
                        target: '#device.running.authority.refused',
                        actions: 'takeRefusal',
                        meta: { rules: ['AUTH-5', 'CAT-6', 'SAFE-1'] },
                      },
                    ],
                  },
                },
              },
            },
            holding: {
              description: 'There is a tuple, and nothing to ask for until it is due.',
              on: {
                'timer.renewTuple': { target: 'deciding', meta: { rules: ['REN-1', 'REN-2'] } },
                'timer.expireTuple': {
                  target: 'deciding',
                  actions: 'expireTuple',
                  meta: { rules: ['REN-3', 'REN-5', 'CRED-5', 'SAFE-1'] },
                },
                tupleNeeded: { target: 'deciding', meta: { rules: ['REC-1'] } },
              },
              always: { guard: 'catalogIsDue', target: 'backingOff', meta: { rules: ['CAT-8', 'REC-4'] } },
            },
            backingOff: {
              description:
                'A call failed, or the catalog is doubted; the next one is made after an exponential wait.',
              entry: 'waitForRetry',
              on: { 'timer.retryCall': { target: 'deciding', meta: { rules: ['REC-2', 'REN-3'] } } },
            },
            refused: {
              description: 'The cloud said no; it is asked again, slowly.',
              entry: 'waitForRetry',
              on: { 'timer.retryCall': { target: 'deciding', meta: { rules: ['AUTH-6'] } } },
            },
            unavailable: {
              description: 'MQTT is not available for the device yet; the catalog is read again later.',
              entry: 'awaitAvailability',
              on: { 'timer.retryCall': { target: 'deciding', meta: { rules: ['CAT-4'] } } },
            },
          },
        },
        link: {
          description: 'The one MQTT connection.',
          initial: 'down',
          states: {
            down: {
              description: 'No tuple to connect with.',
              on: { tupleReady: { target: 'connecting', meta: { rules: ['CONN-1', 'CONN-6'] } } },
            },
            connecting: {
              description: 'TCP, TLS and CONNECT are under way.',
              entry: 'openConnection',
              always: {
                guard: 'tupleWasReplaced',
                target: 'reconnecting',
                actions: 'cutConnection',
                meta: { rules: ['REN-1', 'CONN-6'] },
              },
              on: {
                mqttConnected: {
                  target: 'subscribing',
                  actions: 'keepLimits',
                  meta: { rules: ['CONN-5', 'SUB-1'] },
                },
                mqttRefused: { target: 'waiting', actions: 'takeLoss', meta: { rules: ['CONN-4', 'REC-1'] } },
                mqttClosed: { target: 'waiting', actions: 'takeLoss', meta: { rules: ['REC-1'] } },
                'timer.connectTimeout': {
                  target: 'waiting',
                  actions: 'failSlowConnection',
                  meta: { rules: ['CONN-3', 'REC-1'] },
                },
                'timer.expireTuple': {
                  target: 'waiting',
                  actions: 'cutConnection',
                  meta: { rules: ['REN-5'] },
                },
              },
            },
            subscribing: {
              description: 'Connected; nothing is published before the SUBACK.',
              entry: 'subscribe',
              always: [
                {
                  guard: 'tupleWasReplaced',
                  target: 'replacing',
                  actions: 'disconnectForRenewal',
                  meta: { rules: ['REN-1'] },
                },
                {
                  guard: 'nothingIsSubscribed',
                  target: 'online',
                  actions: 'goOnline',
                  meta: { rules: ['CRED-4', 'ACK-7'] },
                },
              ],
              on: {
                mqttSubscribed: [
                  {
                    guard: 'acknowledgementsAreRefused',
                    target: 'leaving',
                    actions: 'disconnectRefused',
                    meta: { rules: ['SUB-3'] },
                  },
                  {
                    target: 'online',
                    actions: ['noteRefusedTopics', 'goOnline'],
                    meta: { rules: ['SUB-1', 'SUB-2', 'SUB-4'] },
                  },
                ],
                mqttClosed: { target: 'waiting', actions: 'takeLoss', meta: { rules: ['REC-1', 'REC-3'] } },
                'timer.connectTimeout': {
                  target: 'waiting',
                  actions: 'failSlowConnection',
                  meta: { rules: ['CONN-3', 'REC-1'] },
                },
                'timer.expireTuple': {
                  target: 'leaving',
                  actions: 'disconnectExpired',
                  meta: { rules: ['REN-5'] },
                },
              },
            },
            online: {
              description: 'Subscribed; reports go out, commands come in.',
              always: {
                guard: 'tupleWasReplaced',
                target: 'replacing',
                actions: 'disconnectForRenewal',
                meta: { rules: ['REN-1', 'REN-4'] },
              },
              on: {
                mqttClosed: {
                  target: 'waiting',
                  actions: 'takeLoss',
                  meta: { rules: ['REC-1', 'REC-3', 'SAFE-3'] },
                },
                'timer.stableOnline': { actions: 'becomeStable', meta: { rules: ['REC-2'] } },
                'timer.expireTuple': {
                  target: 'leaving',
                  actions: 'disconnectExpired',
                  meta: { rules: ['REN-3', 'REN-5'] },
                },
              },
            },
            replacing: {
              description:
                'The old session closes, so that the new tuple can connect: the controlled reconnect.',
              on: {
                mqttClosed: {
                  target: 'reconnecting',
                  actions: 'endConnection',
                  meta: { rules: ['REN-1', 'CONN-6'] },
                },
                'timer.closeTimeout': {
                  target: 'reconnecting',
                  actions: 'cutConnection',
                  meta: { rules: ['REN-1', 'CONN-6'] },
                },
              },
            },
            reconnecting: {
              description: 'Between two connections: only a tuple that is still good connects.',
              always: [
                {
                  guard: 'tupleIsUsable',
                  target: 'connecting',
                  meta: { rules: ['CONN-1', 'CONN-6', 'REC-1'] },
                },
                { target: 'down', actions: 'askForTuple', meta: { rules: ['REC-1'] } },
              ],
            },
            leaving: {
              description: 'The session closes and the next one has to wait.',
              on: {
                mqttClosed: {
                  target: 'waiting',
                  actions: 'endConnection',
                  meta: { rules: ['REN-3', 'SUB-3'] },
                },
                'timer.closeTimeout': {
                  target: 'waiting',
                  actions: 'cutConnection',
                  meta: { rules: ['REN-3', 'SUB-3'] },
                },
              },
            },
            waiting: {
              description: 'Backoff before the next connection.',
              entry: 'waitToReconnect',
              on: {
                'timer.reconnect': { target: 'reconnecting', meta: { rules: ['REC-1', 'REC-2', 'REC-4'] } },
              },
            },
          },
        },
        safety: {
          description: 'What the host was told of local safe behaviour.',
          initial: 'safe',
          states: {
            safe: {
              on: { wentOnline: { target: 'normal', actions: 'becomeNormal', meta: { rules: ['SAFE-1'] } } },
            },
            normal: {
              on: {
                authorityLost: {
                  guard: 'sessionCannotGoOn',
                  target: 'safe',
                  actions: 'becomeSafe',
                  meta: { rules: ['SAFE-1', 'SAFE-3'] },
                },
              },
            },
          },
          entry: 'startSafe',
        },
        reports: {
          description: 'The outbox: each report has a chart of its own (`reportMachine`).',
          initial: 'open',
          states: {
            open: {
              on: {
                reportOffered: { actions: 'takeReport', meta: { rules: ['PUB-3', 'PUB-4', 'PUB-6'] } },
                mqttPublishAnswered: { actions: 'answerPublish', meta: { rules: ['PUB-2', 'PUB-7'] } },
                mqttMessageReceived: {
                  guard: 'isAcknowledgement',
                  actions: 'takeAcknowledgement',
                  meta: { rules: ['ACK-1'] },
                },
                'timer.reports': { actions: 'reportsDue', meta: { rules: ['ACK-3', 'ACK-5'] } },
              },
            },
          },
        },
        commands: {
          description: 'The desired states: each has a chart of its own (`commandMachine`).',
          initial: 'open',
          states: {
            open: {
              on: {
                mqttMessageReceived: {
                  guard: 'isDesiredState',
                  actions: 'takeDesiredState',
                  meta: { rules: ['DES-1'] },
                },
                'timer.commands': { actions: 'commandsDue', meta: { rules: ['DES-2', 'DES-5'] } },
              },
            },
          },
        },
      },
    },
    stopping: {
      description: 'An intentional stop, bounded in time: close the session, then revoke the token.',
      initial: 'closing',
      on: {
        reportOffered: { actions: 'refuseAfterStop', meta: { rules: ['STOP-1'] } },
        'timer.stopTimeout': {
          target: 'stopped',
          actions: 'finishUnrevoked',
          meta: { rules: ['STOP-1', 'AUTH-7'] },
        },
      },
      states: {
        closing: {
          always: { guard: 'isUnconnected', target: 'revoking', meta: { rules: ['STOP-1'] } },
          entry: 'closeSession',
          on: {
            mqttClosed: { target: 'revoking', actions: 'endConnection', meta: { rules: ['STOP-1'] } },
            mqttRefused: { target: 'revoking', actions: 'endConnection', meta: { rules: ['STOP-1'] } },
            'timer.closeTimeout': {
              target: 'revoking',
              actions: 'cutConnection',
              meta: { rules: ['STOP-1'] },
            },
          },
        },
        revoking: {
          always: {
            guard: 'hasNoToken',
            target: '#device.stopped',
            actions: 'finishUnrevoked',
            meta: { rules: ['AUTH-7'] },
          },
          entry: 'revoke',
          on: {
            tokenRevoked: {
              target: '#device.stopped',
              actions: 'finishRevoked',
              meta: { rules: ['AUTH-7'] },
            },
            callRefused: {
              target: '#device.stopped',
              actions: 'finishUnrevoked',
              meta: { rules: ['AUTH-7'] },
            },
            callFailed: {
              target: '#device.stopped',
              actions: 'finishUnrevoked',
              meta: { rules: ['AUTH-7'] },
            },
            'timer.callTimeout': {
              target: '#device.stopped',
              actions: 'finishUnrevoked',
              meta: { rules: ['AUTH-7'] },
            },
          },
        },
      },
    },
    stopped: {
      description: 'The end: everything is told and nothing is done.',
      on: { reportOffered: { actions: 'refuseAfterStop', meta: { rules: ['STOP-1'] } } },
    },
  },
})
