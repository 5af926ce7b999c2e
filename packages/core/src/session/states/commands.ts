import { sessionSetup } from '../setup.ts'

/** The region of the desired states (DES). */
export const commands = sessionSetup.createStateConfig({
  description: 'The desired states: each has a chart of its own (`commandMachine`).',
  on: {
    mqttMessageReceived: { guard: 'isDesiredState', actions: 'takeDesiredState', meta: { rules: ['DES-1'] } },
    'timer.commands': { actions: 'commandsDue', meta: { rules: ['DES-2', 'DES-5'] } },
  },
})
