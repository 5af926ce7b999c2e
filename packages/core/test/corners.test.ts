import { type DeviceEvent, readAnswer, readConfig, step } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { catalogAnswer } from './support/answers.ts'
import { catalog, Scenario } from './support/scenario.ts'

/** A second command route, for those that have two. */
const gate = {
  sourceType: 'command',
  feedDataTopic: 'a/rte_gate/feed-data',
  feedDataPublishScope: 'iot:mqtt:feed-data:write',
  desiredTopic: 'a/rte_gate/desired',
  desiredSubscribeScope: 'iot:mqtt:desired:read',
} as const

const desiredAtGate = (desired_id: string) => ({
  type: 'mqttMessageReceived' as const,
  topic: gate.desiredTopic,
  payload: JSON.stringify({
    ...{ version: 1, desired_id, value: 'open', valid_for_seconds: 60 },
    ...{ expires_at: '2026-04-29T10:01:01Z', sequence_number: 1 },
  }),
})

const sent = (device: Scenario) => device.published().map(({ body }) => body.message_id)

describe('PUB-9 F-11 a report that was held back', () => {
  it.each(['replayed', 'rejected'])('goes out as soon as the one before it has settled (%s)', (status) => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks().acknowledges('m-1', 'error', true)
    expect(sent(device.reports('m-2'))).toEqual(['m-1'])
    expect(sent(device.acknowledges('m-1', status))).toEqual(['m-1', 'm-2'])
  })

  it('goes out on the living session when the catalog was read again (PUB-7, CAT-8, REN-4)', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x87).reports('m-2')
    expect(sent(device.fires('retryCall').readsCatalog())).toEqual(['m-1', 'm-1', 'm-2'])
  })
})

describe('CAT-8 CONN-4 REC-3 a call that was under way when the catalog was doubted', () => {
  it.each(['mqttClosed', 'mqttRefused'])(
    'brings no connection to the server that sent the device away (%s)',
    (how) => {
      const device = new Scenario().issuesToken(36_000_000).goesOnline()
      if (how === 'mqttRefused') device.closes().fires('renewTuple')
      else device.fires('renewTuple')
      const { call } = device.state.context
      expect(call?.purpose).toBe('credential')
      if (how === 'mqttClosed') device.closes(0x9d)
      else device.refuses(0x9d)
      expect(device.one('cancelCall').call).toBe(call?.id)
      device.fires('retryCall')
      expect(device.one('call').purpose).toBe('catalog')
      device.readsCatalog({ brokerUrl: 'mqtts://new.example:8883' }).issuesTuple()
      if (device.waits('reconnect') !== null) device.fires('reconnect')
      expect(device.one('mqttConnect').url).toBe('mqtts://new.example:8883')
    },
  )

  it('a catalog asked for before the doubt is not the one that settles it', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x90).fires('retryCall')
    const { call } = device.state.context
    device.closes(0x9d)
    expect(device.one('cancelCall').call).toBe(call?.id)
    expect(device.happens({ type: 'catalogRead', call: call?.id ?? '', catalog }).verdict).toBe('stale')
  })
})

describe('REN-1 F-15 a renewal timer whose own event comes after a sleep', () => {
  it('is not overtaken by the end of the tuple: the next one is asked for in the same step', () => {
    const device = new Scenario().issuesToken(360_000_000).goesOnline()
    const { renewTuple, expireTuple } = device.state.context.timers
    device.now = (expireTuple?.dueAt ?? 0) + 60_000
    device.happens({ type: 'timer.renewTuple', timer: renewTuple?.id ?? '' })
    expect(device.verdict).toBe('taken')
    expect(device.one('call').purpose).toBe('credential')
    expect(device.one('enterSafe').reason).toBe('expired')
  })
})

describe('PUB-11 what counts as a renewal', () => {
  it('not a session that was replaced before it was ever online', () => {
    const device = new Scenario().issuesToken(36_000_000).readsCatalog()
    device.issuesTuple({ expiresInMs: 40_000, renewAfterMs: 2_000, sessionHardExpiresInMs: 40_000 })
    device.connects().fires('renewTuple').issuesTuple().closes().connects().subscribes()
    expect(device.one('announceOnline').after).toBe('start')
    expect(device.did('readRouteValue')).toHaveLength(1)
  })

  it('not one whose tuple ended before it was online', () => {
    const device = new Scenario().issuesToken(36_000_000).goesOnline().fires('renewTuple')
    device.issuesTuple({ expiresInMs: 4_000, renewAfterMs: 3_000, sessionHardExpiresInMs: 4_000 }).closes()
    device.passes(4_000).happens({ type: 'mqttConnected', receiveMaximum: 1, maximumPacketSize: null })
    while (device.in('link') !== 'connecting') {
      if (device.state.context.call?.purpose === 'credential') device.issuesTuple()
      else device.fires(device.waits('reconnect') === null ? 'retryCall' : 'reconnect')
    }
    expect(device.connects().subscribes().one('announceOnline').after).toBe('reconnect')
  })
})

describe('CAT-3 CORE-7 what readAnswer takes, step takes', () => {
  const read = (body: string, purpose: 'catalog' | 'credential' = 'catalog') =>
    readAnswer({ call: 'call-9', purpose }, { status: 200, retryAfterSeconds: null, body }).event

  it.each([2 ** 64, 1e300, 2 ** 53])('a limit of %d is left alone', (max_payload_bytes) => {
    const answer = catalogAnswer()
    const event = read(JSON.stringify({ ...answer, mqtt: { ...answer.mqtt, limits: { max_payload_bytes } } }))
    const device = new Scenario().issuesToken().happens({ ...event } as DeviceEvent)
    expect(device.verdict).toBe('stale')
    expect(event).toMatchObject({ type: 'catalogRead', catalog: { limits: { maxPayloadBytes: null } } })
  })

  it('a credential body that JSON cannot carry again is refused by its field', () => {
    const text = JSON.stringify(catalogAnswer()).replace('"device_id":12345', '"device_id":1e999')
    expect(read(text)).toMatchObject({ type: 'callFailed', field: 'mqtt.credential_endpoint.body' })
  })

  it('a code that is no finite number is none (CORE-3)', () => {
    const event = read('{"code":-1e999}')
    const { state } = new Scenario()
    expect(step(state, { now: 1_000, random: 0, event }).verdict).toBe('stale')
  })

  it.each([408, 425])('HTTP %i is a failure and no refusal (AUTH-6)', (status) => {
    const answer = { status, retryAfterSeconds: null, body: '' }
    expect(readAnswer({ call: 'call-9', purpose: 'token' }, answer).event.type).toBe('callFailed')
  })
})

describe('DES-2 DES-5 DES-8 DES-12 a repeatable command after a restart', () => {
  const repeatable = () => new Scenario({ repeatableRoutes: ['rte_valve'] }).goesOnline()

  it('is due at the end of its window, neither later nor sooner', () => {
    const device = repeatable().desires('des_1', 1).passes(10_000).restarts('continued')
    expect(device.waits('commands')).toBe(50_000)
    const long = repeatable().desires('des_1', 1, { valid_for_seconds: 3_600 }).passes(100_000)
    expect(long.restarts('continued').waits('commands')).toBe(3_500_000)
  })

  it('gives way to a newer one that waits', () => {
    const device = repeatable().desires('des_1', 1).desires('des_2', 2).restarts('continued')
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_1', because: 'interrupted' })
    expect(device.readsValue('des_1').goesOnline().one('startCommand').desiredId).toBe('des_2')
  })
})

describe('DES-12 CORE-5 a command that was interrupted', () => {
  it('is not crowded out, and holds the next one until it was judged', () => {
    const device = new Scenario({ limits: { maxUnansweredCommands: 1 } }).goesOnline().desires('des_1', 1)
    device.desires('des_bad', 2, { value: undefined }).desires('des_3', 3, { valid_for_seconds: 3_600 })
    device.fires('commands')
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_1', because: 'interrupted' })
    expect(device.did('startCommand')).toEqual([])
    expect(device.readsValue('des_1').one('startCommand').desiredId).toBe('des_3')
  })
})

describe('DES-3 DES-4 DES-9 PUB-4 a firmware that names a route anew', () => {
  const renamed = { routes: { valve: 'rte_valve', warmth: 'rte_temperature' }, commandRoutes: ['valve'] }

  it('keeps what the route remembers: no command runs twice, no lower one runs', () => {
    const device = new Scenario().goesOnline().desires('des_7', 7).finishes('des_7')
    device.acknowledges('answer-des_7', 'accepted').restarts('restarted', renamed).goesOnline()
    expect(device.desires('des_7', 7).did('startCommand')).toEqual([])
    expect(device.desires('des_6', 6).did('startCommand')).toEqual([])
    expect(device.desires('des_8', 8).one('startCommand').route).toBe('valve')
  })

  it('loses no report that was offered under the old name', () => {
    const device = new Scenario(renamed).reports('m-1', 'warmth')
    device.restarts('restarted', { routes: {}, commandRoutes: ['rte_valve'] }).goesOnline()
    expect(device.one('mqttPublish').payload).toContain('"m-1"')
  })

  it('begins anew for a name that now means another route', () => {
    const device = new Scenario({ routes: { valve: 'rte_valve' }, commandRoutes: ['valve'] }).goesOnline()
    device
      .desires('des_7', 7)
      .finishes('des_7')
      .restarts('restarted', { routes: { valve: 'rte_gate' } })
    device
      .issuesToken()
      .readsCatalog({ routes: [...catalog.routes, gate] })
      .issuesTuple()
    device.connects().subscribes().happens(desiredAtGate('des_1'))
    expect(device.one('startCommand')).toMatchObject({ route: 'valve', desiredId: 'des_1' })
  })
})

describe('CORE-5 DES-5 commands that crowd each other out at a restart', () => {
  it('one that was dropped is not asked for again', () => {
    const options = { outdatedCommands: 'reportStale', limits: { maxUnansweredCommands: 1 } } as const
    const device = new Scenario(options).issuesToken().readsCatalog().issuesTuple().connects()
    device.desires('des_1', 5).desires('des_0', 1).restarts()
    expect(device.did('readValue').map(({ desiredId }) => desiredId)).toEqual(['des_1'])
    expect(device.state.context.commands.rte_valve?.open).toHaveLength(1)
  })
})

describe('PUB-9 room', () => {
  it('outcomes of commands take none of the host’s', () => {
    const device = new Scenario({ limits: { maxReports: 1 } })
      .goesOnline()
      .desires('des_1', 1)
      .finishes('des_1')
    expect(device.reports('m-1').did('acceptReport')).toHaveLength(1)
    expect(device.reports('m-2').one('refuseReport').code).toBe('outbox-full')
  })

  it('nothing is evicted for a report that is refused all the same', () => {
    const options = { outboxOverflow: 'evictOldest', limits: { maxReports: 3 } } as const
    const device = new Scenario(options).reports('m-1').reports('m-2').reports('m-3').goesOnline()
    device
      .pubacks(0x80)
      .restarts('restarted', { limits: { maxReports: 1 } })
      .goesOnline()
      .pubacks(0x80)
    device.reports('m-4')
    expect(device.did('settleReport')).toEqual([])
    expect(device.one('refuseReport').code).toBe('outbox-full')
  })

  it('an outcome that found none does not count as told (PUB-11)', () => {
    const device = new Scenario({ limits: { maxReports: 1 } }).goesOnline()
    device.desires('des_1', 1).finishes('des_1', 'applied', 'closed').desires('des_2', 2)
    device.finishes('des_2', 'applied', 'open')
    expect(device.one('settleReport').status).toBe('outbox-full')
    expect(device.state.context.commands.rte_valve?.lastReported).toBeNull()
  })
})

describe('DES-7 CORE-4 one desired_id on two routes', () => {
  it('an answer means the command that waits for it', () => {
    const device = new Scenario({ commandRoutes: ['rte_valve', 'rte_gate'] }).issuesToken()
    device
      .readsCatalog({ routes: [...catalog.routes, gate] })
      .issuesTuple()
      .connects()
      .subscribes()
    device.desires('des_1', 1, { valid_for_seconds: 0 })
    device.happens(desiredAtGate('des_1'))
    expect(device.one('startCommand').route).toBe('rte_gate')
    expect(device.finishes('des_1').one('settleCommand').route).toBe('rte_gate')
  })
})

describe('SUB-1 DES-9 names of command routes', () => {
  it('two names for one route are one: the topic is asked for once, its value is read once', () => {
    const device = new Scenario({ routes: { valve: 'rte_valve' }, commandRoutes: ['valve', 'rte_valve'] })
    device.goesOnline()
    expect(device.did('readRouteValue').map(({ route }) => route)).toEqual(['valve'])
    expect(new Set(device.ever('mqttSubscribe')[0]?.topics).size).toBe(2)
    expect(device.ever('diagnose')).toContainEqual(expect.objectContaining({ code: 'route-unknown' }))
  })

  it.each([
    ['commandRoutes.1', { commandRoutes: ['a', 'a'] }],
    ['commandRoutes', { commandRoutes: ['constructor'] }],
    ['commandRoutes', { routes: { prototype: 'rte_valve' } }],
    ['commandRoutes', { routes: { valve: 'constructor' } }],
  ])('one that would lose its memory is refused: %s', (field, options) => {
    expect(() => readConfig({ deviceId: 1, ...options })).toThrowError(expect.objectContaining({ field }))
  })
})
