import { sessionSetup } from '../setup.ts'

/** The region of the outbox (PUB, ACK). */
export const reports = sessionSetup.createStateConfig({
  description: 'The outbox: each report has a chart of its own (`reportMachine`).',
  entry: 'resumeReports',
  on: {
    reportOffered: { actions: 'takeReport', meta: { rules: ['PUB-3', 'PUB-4', 'PUB-6', 'PUB-9', 'SAFE-2'] } },
    mqttPublishAnswered: { actions: 'answerPublish', meta: { rules: ['PUB-2', 'PUB-7'] } },
    mqttMessageReceived: {
      guard: 'isAcknowledgement',
      actions: 'takeAcknowledgement',
      meta: { rules: ['ACK-1'] },
    },
    'timer.reports': { actions: 'reportsDue', meta: { rules: ['ACK-3', 'ACK-5'] } },
  },
})
