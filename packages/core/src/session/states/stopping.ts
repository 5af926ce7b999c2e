import { sessionSetup } from '../setup.ts'

/** The state between the host's order to stop and the end (STOP). */
export const stopping = sessionSetup.createStateConfig({
  description: 'An intentional stop, bounded in time: close the session, then revoke the token.',
  initial: 'closing',
  on: {
    reportOffered: { actions: 'refuseAfterStop', meta: { rules: ['STOP-1'] } },
    stopRequested: { guard: 'isCompromise', actions: 'noteCompromise', meta: { rules: ['STOP-2'] } },
    'timer.stopTimeout': {
      target: 'stopped',
      actions: 'finishUnrevoked',
      meta: { rules: ['STOP-1', 'AUTH-7'] },
    },
  },
  states: {
    closing: {
      description: 'DISCONNECT is sent, and the end of the connection awaited.',
      always: { guard: 'isUnconnected', target: 'revoking', meta: { rules: ['STOP-1'] } },
      entry: 'closeSession',
      on: {
        stopRequested: {
          guard: 'isCompromise',
          target: 'revoking',
          actions: 'noteCompromise',
          meta: { rules: ['STOP-2'] },
        },
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
      description: 'The token is revoked; after a compromise the connection may still be closing.',
      entry: 'revoke',
      on: {
        mqttClosed: { actions: 'endConnection', meta: { rules: ['STOP-2'] } },
        mqttRefused: { actions: 'endConnection', meta: { rules: ['STOP-2'] } },
        'timer.closeTimeout': { actions: 'cutConnection', meta: { rules: ['STOP-2'] } },
        tokenRevoked: {
          target: '#device.stopped',
          actions: 'finishRevoked',
          meta: { rules: ['AUTH-7'] },
        },
        callRefused: {
          target: '#device.stopped',
          actions: 'finishRefused',
          meta: { rules: ['AUTH-7'] },
        },
        callFailed: {
          target: '#device.stopped',
          actions: 'finishRefused',
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
})
