import { stateBreaches } from '@realer-device/reference-model'
import { describe, expect, it } from 'vitest'
import { holdBreaches } from './support/breach.ts'
import { story } from './support/story.ts'

const online = () => story().online()

holdBreaches('what every step promises', [
  ['CORE-1', 'a delay that is no number', online, (trace) => trace.changed('setTimer', { delayMs: null }, 0)],
  ['CORE-1', 'a clock that goes back', online, (trace) => trace.line(-1, { now: 0 })],
  [
    'CORE-3',
    'an event is ignored in silence',
    () => online().connects(),
    (trace) => trace.without('diagnose'),
  ],
  [
    'CORE-4',
    'a late answer changes something',
    () => online().pubacks(),
    (trace) => trace.with(-1, { type: 'enterSafe', reason: 'refused' }),
  ],
  [
    'CORE-4',
    'an id is used again',
    () => online().closes().fires('reconnect'),
    (trace) => trace.changed('mqttConnect', { connection: trace.effect('mqttConnect', 0).connection }),
  ],
  [
    'CORE-7',
    'nothing is asked for, and nothing is waited for',
    () => story(),
    (trace) => trace.without('call').without('setTimer'),
  ],
])

describe('what every state promises', () => {
  const told = online().reports('m-1')
  const { config, state } = told
  const rules = (context: object) =>
    stateBreaches(config, { ...state, context: { ...state.context, ...context } }, ['canary']).map(
      ({ rule }) => rule,
    )

  it('holds for the state of a good story', () => {
    expect(rules({})).toEqual([])
  })

  it('breach of CORE-5: the outbox grows without a bound', () => {
    const [report] = state.context.reports
    expect(
      rules({ reports: Array.from({ length: 2 * config.limits.maxReports + 1 }, () => report) }),
    ).toContain('CORE-5')
  })

  it('breach of CORE-6: the state holds what JSON cannot carry', () => {
    expect(rules({ timers: new Map() })).toContain('CORE-6')
  })

  it('breach of CRED-3: a secret stands in the state', () => {
    expect(rules({ token: { secret: 'canary', dueAt: 0 } })).toContain('CRED-3')
  })
})
