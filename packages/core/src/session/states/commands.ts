import { sessionSetup } from '../setup.ts'

/** The region of the desired states (DES). */
export const commands = sessionSetup.createStateConfig({
  description: 'The desired states: each has a chart of its own (`commandMachine`).',
  entry: 'resumeCommands',
  on: {
    wentOnline: { actions: 'askForRouteValues', meta: { rules: ['PUB-11'] } },
    routeValueRead: { actions: 'reconcile', meta: { rules: ['PUB-11', 'PUB-6'] } },
    routeValueUnknown: { actions: 'missRouteValue', meta: { rules: ['PUB-11', 'PUB-10'] } },
    mqttMessageReceived: { guard: 'isDesiredState', actions: 'takeDesiredState', meta: { rules: ['DES-1'] } },
    'timer.commands': { actions: 'commandsDue', meta: { rules: ['DES-2', 'DES-5'] } },
  },
})
