import { sessionSetup } from '../setup.ts'

/** The region of what the host was told (SAFE). */
export const safety = sessionSetup.createStateConfig({
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
})
