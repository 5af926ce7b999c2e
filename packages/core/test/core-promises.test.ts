import { type DeviceEvent, type DeviceState, initial, readConfig, step } from '@realer-device/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Scenario, topics } from './support/scenario.ts'

const throughJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value

/** Devices in all sorts of states, for events that fit none of them. */
const states: Record<string, () => Scenario> = {
  starting: () => new Scenario(),
  'reading the catalog': () => new Scenario().issuesToken(),
  connecting: () => new Scenario().issuesToken().readsCatalog().issuesTuple(),
  subscribing: () => new Scenario().issuesToken().readsCatalog().issuesTuple().connects(),
  online: () => new Scenario().goesOnline().reports('m-1').desires('des_1', 1).desires('des_2', 2),
  renewing: () => new Scenario().goesOnline().fires('renewTuple').issuesToken().issuesTuple(),
  waiting: () => new Scenario().goesOnline().closes(),
  stopping: () => new Scenario().goesOnline().stops(),
  stopped: () => new Scenario().stops(),
}
const stateNames = Object.keys(states)

/** One well-formed event of every type, with ids that were never given out. */
const strangers: DeviceEvent[] = [
  { type: 'tokenIssued', call: 'x', expiresInMs: 1, renewAfterMs: null },
  { type: 'tokenRevoked', call: 'x' },
  { type: 'callRefused', call: 'x', status: 401, code: null },
  { type: 'callFailed', call: 'x', failure: 'network', detail: '', field: null, retryAfterMs: null },
  {
    type: 'tupleIssued',
    call: 'x',
    clientId: 'c',
    username: 'u',
    scopes: [],
    expiresInMs: 1,
    renewAfterMs: 1,
    sessionHardExpiresInMs: 1,
  },
  { type: 'mqttConnected', connection: 'x', receiveMaximum: 1, maximumPacketSize: null },
  { type: 'mqttRefused', connection: 'x', reasonCode: 0x87 },
  { type: 'mqttSubscribed', connection: 'x', grants: [] },
  { type: 'mqttPublishAnswered', connection: 'x', delivery: 'x', reasonCode: 0 },
  { type: 'mqttMessageReceived', connection: 'x', topic: topics.valveDesired, payload: '{}' },
  { type: 'mqttClosed', connection: 'x', cause: 'network', reasonCode: null, detail: '' },
  { type: 'timer.reconnect', timer: 'x' },
  { type: 'timer.expireTuple', timer: 'x' },
  {
    type: 'commandFinished',
    desiredId: 'x',
    outcome: 'applied',
    messageId: 'm',
    value: 'v',
    valueReceivedAt: 't',
  },
  { type: 'valueRead', desiredId: 'x', messageId: 'm', value: 'v', valueReceivedAt: 't' },
  { type: 'valueUnknown', desiredId: 'x' },
]

describe('CORE-1 effects are plain data', () => {
  it('of every type, they and the state survive JSON unchanged', () => {
    const device = new Scenario()
      .goesOnline()
      .reports('m-1')
      .desires('des_1', 1, { value: { a: [null, 1.5] } })
    device.finishes('des_1').closes(0x87).stops()
    expect(throughJson(device.history)).toEqual(device.history)
    expect(throughJson(device.state)).toEqual(device.state)
  })

  it('time and chance come in with the event: moved by any offset, a run is the same', () => {
    const run = (offset: number) => {
      const device = new Scenario()
      device.now += offset
      const first = initial(device.state.context.config, { now: device.now, random: 0 })
      device.state = first.state
      device.goesOnline().reports('m-1').closes().fires('reconnect').connects().subscribes()
      return device.history
    }
    expect(run(1_000_000)).toEqual(run(0))
  })
})

describe('CORE-2 same state, same event: same step', () => {
  it.each(stateNames)('%s: twice, and from a state that went through JSON', (name) => {
    const { state, now } = states[name]?.() ?? new Scenario()
    const event: DeviceEvent = {
      type: 'reportOffered',
      route: 'rte_temperature',
      messageId: 'm-9',
      value: 'v',
      valueReceivedAt: '2026-04-29T10:00:01Z',
    }
    const frozen = deepFreeze(throughJson(state))
    const once = step(frozen, { now, random: 0.5, event })
    expect(step(frozen, { now, random: 0.5, event })).toEqual(once)
    expect(step(state, { now, random: 0.5, event })).toEqual(once)
  })
})

describe('CORE-3 every event is accepted in every state', () => {
  it.each(stateNames)('%s: what is no event is ignored, with a diagnostic that names the field', (name) => {
    const device = states[name]?.() ?? new Scenario()
    for (const junk of [
      null,
      undefined,
      7,
      'text',
      [],
      {},
      { type: 7 },
      { type: 'toString' },
      { type: 'xstate.stop' },
    ]) {
      const before = device.state
      const outcome = step(before, { now: device.now, random: 0, event: junk as unknown as DeviceEvent })
      expect(outcome.verdict).toBe('ignored')
      expect(outcome.effects).toMatchObject([{ type: 'diagnose', code: 'event-malformed', field: 'type' }])
      expect(outcome.state).toBe(before)
    }
  })

  it.each<[string, object]>([
    ['route', { type: 'reportOffered', messageId: 'm' }],
    ['messageId', { type: 'reportOffered', route: 'r', messageId: null }],
    ['outcome', { type: 'commandFinished', desiredId: 'd', outcome: 'perhaps', messageId: 'm' }],
    ['desiredId', { type: 'valueRead', messageId: 'm' }],
    ['desiredId', { type: 'valueUnknown', desiredId: {} }],
    ['reason', { type: 'stopRequested', reason: 'boredom' }],
    ['call', { type: 'tokenIssued', expiresInMs: 1, renewAfterMs: null }],
    ['expiresInMs', { type: 'tokenIssued', call: 'c', expiresInMs: Number.NaN, renewAfterMs: null }],
    ['renewAfterMs', { type: 'tokenIssued', call: 'c', expiresInMs: 1, renewAfterMs: 0 }],
    ['catalog', { type: 'catalogRead', call: 'c' }],
    ['catalog.brokerUrl', { type: 'catalogRead', call: 'c', catalog: {} }],
    ['code', { type: 'callRefused', call: 'c', status: 400, code: Number.POSITIVE_INFINITY }],
    ['failure', { type: 'callFailed', call: 'c', failure: 'bad luck' }],
    [
      'receiveMaximum',
      { type: 'mqttConnected', connection: 'c', receiveMaximum: 0, maximumPacketSize: null },
    ],
    ['maximumPacketSize', { type: 'mqttConnected', connection: 'c', receiveMaximum: 1 }],
    ['reasonCode', { type: 'mqttRefused', connection: 'c', reasonCode: 256 }],
    ['grants', { type: 'mqttSubscribed', connection: 'c', grants: 'all' }],
    ['grants.0.topic', { type: 'mqttSubscribed', connection: 'c', grants: [{ reasonCode: 1 }] }],
    ['delivery', { type: 'mqttPublishAnswered', connection: 'c', reasonCode: 0 }],
    ['payload', { type: 'mqttMessageReceived', connection: 'c', topic: 't', payload: new Uint8Array() }],
    ['cause', { type: 'mqttClosed', connection: 'c', cause: 'x', reasonCode: null, detail: '' }],
    ['timer', { type: 'timer.reports' }],
  ])('a malformed %s is named: %j', (field, event) => {
    const { state, now } = new Scenario().goesOnline()
    const outcome = step(state, { now, random: 0, event: event as DeviceEvent })
    expect(outcome.verdict).toBe('ignored')
    expect(outcome.effects).toMatchObject([
      { type: 'diagnose', code: 'event-malformed', field, rule: 'CORE-3' },
    ])
    expect(outcome.state).toBe(state)
  })

  it.each([
    ['now', Number.NaN, 0],
    ['now', Number.POSITIVE_INFINITY, 0],
    ['random', 0, 1],
    ['random', 0, -0.1],
    ['random', 0, Number.NaN],
  ])('a moment that is none is named: %s (%d, %d)', (field, now, random) => {
    const { state } = new Scenario().goesOnline()
    const outcome = step(state, { now, random, event: { type: 'stopRequested', reason: 'shutdown' } })
    expect(outcome.effects).toMatchObject([{ code: 'event-malformed', field }])
    expect(outcome.state).toBe(state)
  })

  it('an event that fits another state is ignored, and told', () => {
    const device = new Scenario().goesOnline().connects()
    expect(device.verdict).toBe('ignored')
    expect(device.rules).toContain('CORE-3')
    expect(device.diagnosed()).toEqual(['event-ignored'])
  })

  it('nothing of a malformed event is quoted: it may hold a secret', () => {
    const { state, now } = new Scenario()
    const event = { type: 'canary secret', call: 'canary' } as unknown as DeviceEvent
    expect(JSON.stringify(step(state, { now, random: 0, event }))).not.toContain('canary')
  })

  const junk = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSparseArray: true,
    withNullPrototype: true,
  })
  const types = [
    ...new Set(strangers.map(({ type }) => type)),
    'reportOffered',
    'stopRequested',
    'catalogRead',
  ]

  it('whatever comes as an event, in whatever state, nothing throws and the state stays plain JSON', () => {
    const started = new Map(stateNames.map((name) => [name, (states[name]?.() ?? new Scenario()).state]))
    fc.assert(
      fc.property(fc.constantFrom(...stateNames), junk, (name, event) => {
        const { state } = step(started.get(name) as DeviceState, {
          now: 5_000,
          random: 0,
          event: event as DeviceEvent,
        })
        expect(throughJson(state)).toEqual(state)
      }),
      { numRuns: 500 },
    )
  })

  it('whatever the fields of an event of a known type are, nothing throws and the state stays plain JSON', () => {
    const started = new Map(stateNames.map((name) => [name, (states[name]?.() ?? new Scenario()).state]))
    const fields = [
      'messageId',
      'value',
      'valueReceivedAt',
      'route',
      'outcome',
      'expiresInMs',
      'scopes',
      'catalog',
    ]
    const numbers = fc.oneof(fc.integer(), fc.double(), junk)
    let taken = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...stateNames),
        fc.constantFrom(...types),
        fc.dictionary(
          fc.constantFrom(...fields, 'renewAfterMs', 'reasonCode', 'grants', 'payload', 'status'),
          numbers,
        ),
        fc.boolean(),
        (name, type, changes, wellFormed) => {
          const before = started.get(name) as DeviceState
          const { call, connection, timers } = before.context
          const template = wellFormed ? strangers.find((event) => event.type === type) : {}
          const event = {
            ...template,
            type,
            call: call?.id,
            connection: connection?.id,
            timer: Object.values(timers)[0]?.id,
            desiredId: 'des_1',
            delivery: connection?.inFlight[0],
            ...changes,
          }
          const { state, verdict } = step(before, {
            now: 5_000,
            random: 0,
            event: event as unknown as DeviceEvent,
          })
          if (verdict === 'taken') taken += 1
          expect(throughJson(state)).toEqual(state)
        },
      ),
      { numRuns: 2_000 },
    )
    expect(taken).toBeGreaterThan(20)
  })
})

describe('CORE-4 an answer to an earlier attempt changes nothing', () => {
  it.each(stateNames)('%s: whatever speaks of an id that is not outstanding is stale', (name) => {
    const device = states[name]?.() ?? new Scenario()
    for (const event of strangers) {
      const outcome = step(device.state, { now: device.now, random: 0, event })
      expect(outcome.verdict, event.type).toBe('stale')
      expect(outcome.effects).toEqual([])
      expect(outcome.state).toEqual(device.state)
      expect(outcome.rules).toContain('CORE-4')
    }
  })

  it('F-5 a late HTTP answer after its time-out is stale', () => {
    const device = new Scenario()
    const { call } = device.one('call')
    device.fires('callTimeout')
    expect(device.one('cancelCall').call).toBe(call)
    device.happens({ type: 'tokenIssued', call, expiresInMs: 1_000, renewAfterMs: null })
    expect(device.verdict).toBe('stale')
  })

  it('a timer that fires twice, or was cancelled, is stale', () => {
    const device = new Scenario().goesOnline().closes()
    const timer = device.state.context.timers.reconnect?.id ?? ''
    device.fires('reconnect').happens({ type: 'timer.reconnect', timer })
    expect(device.verdict).toBe('stale')
    expect(device.did('mqttConnect')).toEqual([])
  })

  it('an answer of the wrong kind under the right id is ignored', () => {
    const device = new Scenario().issuesToken().issuesTuple()
    expect(device.verdict).toBe('ignored')
    expect(device.state.context.tuple).toBeNull()
  })

  it('overdue timers fire before the event, earliest first, and once', () => {
    const device = new Scenario().issuesToken(1e9).goesOnline().closes()
    const renewal = device.state.context.timers.renewTuple?.id ?? ''
    device.passes(4_000_000).reports('m-1')
    expect(device.did('call')).toEqual([])
    expect(device.waits('retryCall')).not.toBeNull()
    expect(device.one('enterSafe').reason).toBe('expired')
    expect(device.effects.at(-1)?.type).toBe('acceptReport')
    device.happens({ type: 'timer.renewTuple', timer: renewal })
    expect(device.verdict).toBe('stale')
  })

  it('a stale timer event does not hold back the timer of that name that is overdue', () => {
    const device = new Scenario().goesOnline().passes(4_000_000)
    device.happens({ type: 'timer.expireTuple', timer: 'timer-0' })
    expect(device.verdict).toBe('stale')
    expect(device.one('mqttDisconnect').reasonCode).toBe(0)
  })
})

describe('CORE-5 bounded memory', () => {
  it('a flood of everything that can come leaves a state of bounded size', () => {
    const device = new Scenario({ limits: { maxReports: 10, maxUnansweredCommands: 3 } }).goesOnline()
    const sizes: number[] = []
    for (let n = 1; n <= 600; n += 1) {
      device
        .reports(`m-${n}`)
        .desires(`des_${n}`, n)
        .finishes(`des_${n}`)
        .desires(`bad_${n}`, n, { version: 9 })
      if (n % 150 === 0) sizes.push(JSON.stringify(device.state).length)
    }
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(500)
  })
})

describe('CORE-6 a snapshot is JSON without secrets', () => {
  it('F-13 holds references only, so that it can be stored as it is', () => {
    const { state } = new Scenario().goesOnline()
    expect(throughJson(state)).toEqual(state)
    expect(Object.keys(state.context.tuple ?? {}).sort()).toEqual([
      'clientId',
      'expiresAt',
      'failed',
      'scopes',
      'secret',
      'username',
    ])
    expect(state.context.tuple?.secret).toMatch(/^call-\d+$/)
    expect(state.context.token?.secret).toMatch(/^call-\d+$/)
  })

  it('goes on in another process where it was', () => {
    const device = new Scenario().goesOnline().reports('m-1')
    device.state = throughJson(device.state)
    device.pubacks().acknowledges('m-1', 'accepted')
    expect(device.one('settleReport').result).toBe('done')
  })
})

describe('CORE-7 no deadlock', () => {
  it('CAT-4, a refusal, a ban and an expiry in a row still lead back to online', () => {
    const device = new Scenario().callIsRefused(401).fires('retryCall').issuesToken(1e12)
    device.readsCatalog({ credentialEndpoint: null }).fires('retryCall').readsCatalog().callIsRefused(403)
    device
      .fires('retryCall')
      .readsCatalog()
      .issuesTuple()
      .refuses(0x8a)
      .fires('retryCall')
      .issuesTuple()
      .fires('reconnect')
      .fires('connectTimeout')
      .fires('retryCall')
    device.issuesTuple().connects().subscribes()
    expect(device.in('link')).toBe('online')
    expect(device.state.context.safe).toBeNull()
  })

  it('the configuration of a device never stands in its way', () => {
    const config = readConfig({ deviceId: 1, commandRoutes: ['none'], routes: { a: 'nowhere' } })
    expect(initial(config, { now: 0, random: 0 }).effects.map(({ type }) => type)).toContain('call')
  })
})

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
