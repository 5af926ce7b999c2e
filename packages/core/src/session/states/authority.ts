import { sessionSetup } from '../setup.ts'

/** The region that gets and renews the CONNECT tuple over HTTPS (AUTH, CAT, CRED, REN). */
export const authority = sessionSetup.createStateConfig({
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
          meta: { rules: ['AUTH-6', 'CAT-7', 'REC-2'] },
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
            catalogDoubted: {
              target: '#device.running.authority.backingOff',
              actions: 'dropDoubtedCall',
              meta: { rules: ['CAT-8', 'REC-4'] },
            },
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
            catalogDoubted: {
              target: '#device.running.authority.backingOff',
              actions: 'dropDoubtedCall',
              meta: { rules: ['CAT-8', 'REC-4'] },
            },
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
      description:
        'There is a tuple, and nothing to ask for until it is due, which is always before its end.',
      on: {
        'timer.renewTuple': { target: 'deciding', meta: { rules: ['REN-1', 'REN-2'] } },
        // The request before this one was answered a moment ago: there is a timer between the two.
        tupleNeeded: { target: 'backingOff', meta: { rules: ['REC-1', 'REC-4'] } },
      },
      always: { guard: 'catalogIsDue', target: 'backingOff', meta: { rules: ['CAT-8', 'REC-4'] } },
    },
    backingOff: {
      description:
        'A call failed, or its answer is of no use any more; the next one is made after an exponential wait.',
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
})
