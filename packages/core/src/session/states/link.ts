import { sessionSetup } from '../setup.ts'

/** The region of the one MQTT connection (CONN, SUB, REC, and the reconnect of REN). */
export const link = sessionSetup.createStateConfig({
  description: 'The one MQTT connection.',
  initial: 'down',
  states: {
    down: {
      description: 'No tuple to connect with.',
      on: { tupleReady: { target: 'connecting', meta: { rules: ['AUTH-8', 'CONN-1', 'CONN-2', 'CONN-6'] } } },
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
        'timer.publishTimeout': {
          target: 'waiting',
          actions: 'failSilentConnection',
          meta: { rules: ['CONN-3', 'PUB-7', 'REC-1'] },
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
      description: 'The old session closes, so that the new tuple can connect: the controlled reconnect.',
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
          meta: { rules: ['CONN-1', 'CONN-2', 'CONN-6', 'REC-1'] },
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
})
