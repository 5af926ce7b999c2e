import { describe, expect, it } from 'vitest'
import { catalog, Scenario, topics } from './support/scenario.ts'

/** Commands may run for as long as the tests let time pass. */
const patient = { timing: { commandTimeoutMs: 86_400_000 } }
const online = (options = {}) => new Scenario({ ...patient, ...options }).goesOnline()
const commandsOf = (device: Scenario) => device.state.context.commands.rte_valve
const started = (device: Scenario) => device.ever('startCommand').map(({ desiredId }) => desiredId)

describe('DES-1 a desired state', () => {
  it('with all its fields is given to the host', () => {
    const device = online().desires('des_1', 7, { value: 'open', valid_for_seconds: 90 })
    expect(device.one('startCommand')).toEqual({
      type: 'startCommand',
      route: 'rte_valve',
      desiredId: 'des_1',
      value: 'open',
      sequenceNumber: 7,
      windowMs: 90_000,
    })
  })

  it.each([[21], [true], [null], [{ r: [1, 2] }]])('its value may be any JSON: %j', (value) => {
    expect(online().desires('des_1', 1, { value }).one('startCommand').value).toEqual(value)
  })

  it('fields of the future are ignored', () => {
    expect(online().desires('des_1', 1, { priority: 'high' }).did('startCommand')).toHaveLength(1)
  })
})

describe('DES-2 the execution window', () => {
  const busy = () => online().desires('des_1', 1)

  it('runs from receipt on the monotonic clock', () => {
    const device = busy().passes(5_000).desires('des_2', 2, { valid_for_seconds: 60 })
    expect(device.waits('commands')).toBe(60_000)
    device.passes(20_000).finishes('des_1')
    expect(device.one('startCommand')).toMatchObject({ desiredId: 'des_2', windowMs: 40_000 })
  })

  it.each(['1999-01-01T00:00:00Z', '2999-01-01T00:00:00Z', 'soon', null])(
    'expires_at of %j decides nothing',
    (expires_at) => {
      expect(online().desires('des_1', 1, { expires_at }).did('startCommand')).toHaveLength(1)
    },
  )

  it('F-12 is checked at the moment of execution: a window that ended a millisecond ago is over', () => {
    const device = busy().desires('des_2', 2, { valid_for_seconds: 60 }).passes(60_000).finishes('des_1')
    expect(started(device)).toEqual(['des_1'])
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_2', because: 'stale' })
  })

  it('F-15 a sleep of the whole device ends it, before anything else is looked at', () => {
    const device = busy().desires('des_2', 2, { valid_for_seconds: 60 }).passes(90_000).reports('m-1')
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_2', because: 'stale' })
  })

  it('F-15 after a sleep, what was due comes in the order in which it was due', () => {
    const device = busy().desires('des_2', 2, { valid_for_seconds: 60 }).passes(4_000_000).reports('m-1')
    const order = device.effects.map(({ type }) => type)
    expect(order.indexOf('readValue')).toBeGreaterThanOrEqual(0)
    expect(order.indexOf('readValue')).toBeLessThan(order.indexOf('enterSafe'))
  })

  it('a command that has started is not ended by it', () => {
    const device = busy().passes(600_000).finishes('des_1')
    expect(device.one('settleCommand')).toMatchObject({ desiredId: 'des_1', outcome: 'applied' })
  })

  it.each([0, -0])('a window of %s seconds is over at once', (valid_for_seconds) => {
    const device = online().desires('des_1', 1, { valid_for_seconds })
    expect(device.did('startCommand')).toEqual([])
    expect(device.one('readValue').because).toBe('stale')
  })
})

describe('DES-3 the highest accepted sequence number is kept', () => {
  it('a lower one is ignored: not executed, not reported', () => {
    const device = online().desires('des_5', 5).finishes('des_5').desires('des_4', 4)
    expect(started(device)).toEqual(['des_5'])
    expect(device.effects.map(({ type }) => type)).toEqual(['diagnose'])
    expect(device.diagnosed()).toEqual(['desired-state-outdated'])
  })

  it('F-10 over a reconnect and a renewal', () => {
    const device = online().desires('des_5', 5).finishes('des_5')
    device.closes().fires('reconnect').connects().subscribes().desires('des_4', 4)
    device
      .fires('renewTuple')
      .issuesToken()
      .issuesTuple()
      .closes()
      .connects()
      .subscribes()
      .desires('des_3', 3)
    expect(started(device)).toEqual(['des_5'])
  })

  it('counts from acceptance, not from execution: an older one does not slip in while a newer one waits', () => {
    const device = online().desires('des_5', 5).desires('des_7', 7).desires('des_6', 6).finishes('des_5')
    expect(started(device)).toEqual(['des_5', 'des_7'])
  })

  it('is kept per route', () => {
    const second = 'realer/second/desired'
    const routes = [
      ...catalog.routes,
      {
        sourceType: 'command' as const,
        feedDataTopic: 'realer/second/feed-data',
        feedDataPublishScope: 'iot:mqtt:feed-data:write',
        desiredTopic: second,
        desiredSubscribeScope: 'iot:mqtt:desired:read',
      },
    ]
    const device = new Scenario({ commandRoutes: ['rte_valve', 'second'] })
      .issuesToken()
      .readsCatalog({ routes })
    device.goesOnline().desires('des_9', 9)
    const payload = JSON.stringify({
      version: 1,
      desired_id: 'des_2',
      value: 'x',
      valid_for_seconds: 9,
      expires_at: 'x',
      sequence_number: 2,
    })
    device.happens({ type: 'mqttMessageReceived', topic: second, payload })
    expect(device.one('startCommand')).toMatchObject({ route: 'second', desiredId: 'des_2' })
  })
})

describe('DES-4 the same desired_id again', () => {
  it.each(['waiting', 'running', 'asking'])('while %s: never a second time', (state) => {
    const device = online()
    if (state === 'waiting') device.desires('des_1', 1)
    device.desires('des_2', 2, state === 'asking' ? { valid_for_seconds: 0 } : {})
    const before = device.history.length
    device.desires('des_2', 2)
    expect(device.history.slice(before)).toEqual([])
    expect(device.rules).toContain('DES-4')
  })

  it('once its outcome is known and settled: the same report is sent again, and nothing is executed', () => {
    const device = online()
      .desires('des_1', 1)
      .finishes('des_1')
      .pubacks()
      .acknowledges('answer-des_1', 'accepted')
    device.desires('des_1', 1)
    expect(started(device)).toEqual(['des_1'])
    expect(device.one('mqttPublish').payload).toBe(device.ever('mqttPublish')[0]?.payload)
  })

  it('while its report is still pending: that report goes on, no second one is made', () => {
    const device = online().desires('des_1', 1).finishes('des_1').desires('des_1', 1)
    expect(device.did('mqttPublish')).toEqual([])
    expect(device.state.context.reports).toHaveLength(1)
  })

  it('a newer outcome is not forgotten for an older one that was answered later', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2).desires('des_3', 3)
    device.finishes('des_1').finishes('des_3').readsValue('des_2')
    for (const n of [1, 2, 3]) device.acknowledges(`answer-des_${n}`, 'accepted')
    device.desires('des_3', 3)
    expect(device.published().at(-1)?.body).toMatchObject({ message_id: 'answer-des_3', desired_id: 'des_3' })
  })

  it.each(['answered', 'given up', 'answered before another one', 'malformed', 'outdated'])(
    'an id that was %s is not executed under a higher sequence number either',
    (end) => {
      const device = online()
      if (end === 'outdated') device.desires('des_2', 2).finishes('des_2')
      device.desires('des_1', 1, end === 'malformed' ? { version: 2 } : {})
      if (end === 'malformed') device.readsValue('des_1')
      else if (end === 'given up') device.happens({ type: 'valueUnknown', desiredId: 'des_1' })
      else device.finishes('des_1')
      if (end === 'answered before another one') device.desires('des_2', 2).finishes('des_2')
      const before = started(device)
      device.desires('des_1', 3)
      expect(started(device)).toEqual(before)
    },
  )

  it('a sequence number that was used already starts nothing under another id', () => {
    const device = online().desires('des_1', 1).finishes('des_1').desires('des_other', 1)
    expect(started(device)).toEqual(['des_1'])
  })
})

describe('DES-5 not started within its window', () => {
  it('is not executed, and reported stale with the current physical value', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2).fires('commands')
    expect(device.one('readValue')).toEqual({
      type: 'readValue',
      route: 'rte_valve',
      desiredId: 'des_2',
      because: 'stale',
    })
    device.readsValue('des_2', 'closed')
    expect(device.one('settleCommand')).toMatchObject({ desiredId: 'des_2', outcome: 'stale' })
    expect(device.published()[0]?.body).toMatchObject({
      desired_id: 'des_2',
      report_status: 'stale',
      value: 'closed',
      sequence_number: 2,
    })
    device.finishes('des_1')
    expect(started(device)).toEqual(['des_1'])
  })

  it('F-12 a host that came too late to begin says so: stale, and the route is free for the next', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2)
    device.happens({ type: 'commandLate', desiredId: 'des_1' })
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_1', because: 'stale' })
    expect(device.one('startCommand').desiredId).toBe('des_2')
    device.readsValue('des_1', 'closed')
    expect(device.one('settleCommand')).toMatchObject({ desiredId: 'des_1', outcome: 'stale' })
    expect(device.happens({ type: 'commandLate', desiredId: 'des_1' }).verdict).toBe('stale')
  })

  it('an unusable value is refused with the field’s name, and the command keeps waiting for one', () => {
    const device = online().desires('des_1', 1, { valid_for_seconds: 0 })
    device.happens({
      type: 'valueRead',
      desiredId: 'des_1',
      messageId: 'm',
      value: 7,
      valueReceivedAt: 'now',
    })
    expect(device.one('refuseReport')).toMatchObject({ code: 'value-invalid', field: 'value' })
    expect(device.readsValue('des_1').did('settleCommand')).toHaveLength(1)
  })
})

describe('DES-6 the host refuses', () => {
  it('reported rejected, same desired_id, current physical value', () => {
    const device = online().desires('des_1', 3).finishes('des_1', 'rejected', 'closed')
    expect(device.one('settleCommand')).toMatchObject({ desiredId: 'des_1', outcome: 'rejected' })
    expect(device.published()[0]?.body).toMatchObject({
      desired_id: 'des_1',
      report_status: 'rejected',
      value: 'closed',
    })
  })
})

describe('DES-7 executed', () => {
  it('reported with the same desired_id and the current physical value, report_status left out', () => {
    const device = online().desires('des_1', 3).finishes('des_1', 'applied', 'open')
    const [message] = device.published()
    expect(message).toMatchObject({ topic: topics.valve, body: { desired_id: 'des_1', value: 'open' } })
    expect(message?.body).not.toHaveProperty('report_status')
  })

  it('while offline: the report waits, and goes out with the reconnect', () => {
    const device = online().desires('des_1', 1).closes().finishes('des_1')
    expect(device.did('mqttPublish')).toEqual([])
    device.fires('reconnect').connects().subscribes()
    expect(device.one('mqttPublish').topic).toBe(topics.valve)
  })

  it('CORE-4 finished twice: the second is stale', () => {
    const device = online().desires('des_1', 1).finishes('des_1').finishes('des_1')
    expect(device.verdict).toBe('stale')
    expect(device.published()).toHaveLength(1)
  })

  it('an unusable answer is refused aloud, and the command stays open for a better one', () => {
    const device = online().reports('answer-des_1').desires('des_1', 1).finishes('des_1')
    expect(device.one('refuseReport')).toMatchObject({
      code: 'message-id-in-use',
      field: 'messageId',
      desiredId: 'des_1',
    })
    expect(commandsOf(device)?.open).toMatchObject([{ desiredId: 'des_1', state: 'running' }])
  })
})

describe('DES-8 one command runs at a time per route', () => {
  it('a newer one waits for the one that runs', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2)
    expect(started(device)).toEqual(['des_1'])
    device.finishes('des_1')
    expect(started(device)).toEqual(['des_1', 'des_2'])
  })

  it('of those waiting only the newest survives, the others are reported stale', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2).desires('des_3', 3)
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_2', because: 'stale' })
    device.readsValue('des_2').finishes('des_1')
    expect(started(device)).toEqual(['des_1', 'des_3'])
    expect(device.published().map(({ body }) => [body.desired_id, body.report_status])).toEqual([
      ['des_2', 'stale'],
      ['des_1', undefined],
    ])
  })

  it('a handler that cannot tell its outcome frees the route for the next one', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2)
    device.happens({ type: 'valueUnknown', desiredId: 'des_1' })
    expect(started(device)).toEqual(['des_1', 'des_2'])
  })

  it('CORE-5 those that wait for their physical value are bounded, and the drop is told', () => {
    const device = online({ limits: { maxUnansweredCommands: 2 } })
    for (let n = 1; n <= 5; n += 1) device.desires(`des_${n}`, n)
    expect(device.ever('diagnose').filter(({ code }) => code === 'command-unanswered')).toHaveLength(1)
    expect(commandsOf(device)?.open.map(({ desiredId }) => desiredId)).toEqual([
      'des_1',
      'des_3',
      'des_4',
      'des_5',
    ])
  })
})

describe('DES-10 malformed', () => {
  it.each([
    ['version', { version: 9 }],
    ['version', { version: undefined }],
    ['value', { value: undefined }],
    ['valid_for_seconds', { valid_for_seconds: '60' }],
    ['valid_for_seconds', { valid_for_seconds: -1 }],
    ['valid_for_seconds', { valid_for_seconds: 1e300 }],
    ['expires_at', { expires_at: undefined }],
    ['sequence_number', { sequence_number: 1.5 }],
    ['sequence_number', { sequence_number: '1' }],
    ['sequence_number', { sequence_number: 1e17 }],
  ])('%s: never executed, a diagnostic, and rejected is reported (%j)', (field, changes) => {
    const device = online().desires('des_1', 1, changes)
    expect(device.one('diagnose')).toMatchObject({ code: 'desired-state-malformed', field, rule: 'DES-10' })
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_1', because: 'rejected' })
    device.readsValue('des_1', 'closed')
    expect(device.published()[0]?.body).toMatchObject({
      desired_id: 'des_1',
      report_status: 'rejected',
      value: 'closed',
    })
    expect(started(device)).toEqual([])
  })

  it.each(['', 'not json', '[1]', '"text"', '{}', '{"desired_id":7}', '{"desired_id":""}'])(
    'without a readable desired_id there is a diagnostic and no report: %j',
    (payload) => {
      const device = online().happens({ type: 'mqttMessageReceived', topic: topics.valveDesired, payload })
      expect(device.effects.map(({ type }) => type)).toEqual(['diagnose'])
    },
  )

  it('a value nested without end is malformed', () => {
    const value = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`)
    expect(online().desires('des_1', 1, { value }).one('diagnose').field).toBe('value')
  })

  it('it does not move the sequence number', () => {
    const device = online().desires('des_9', 9, { version: 2 }).desires('des_1', 1)
    expect(started(device)).toEqual(['des_1'])
  })
})

describe('DES-11 under local safe behaviour', () => {
  it('F-14 no new command is started; one that waits runs into its window’s end', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2, { valid_for_seconds: 1_000_000 })
    device.fires('expireTuple').closes().finishes('des_1')
    expect(device.state.context.safe).toBe('expired')
    expect(started(device)).toEqual(['des_1'])
    device.fires('commands')
    expect(device.did('readValue')).toMatchObject([{ desiredId: 'des_2', because: 'stale' }])
  })

  it('one whose window is still open starts when the session is online again', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2, { valid_for_seconds: 1_000_000 })
    device.fires('expireTuple').closes().finishes('des_1').issuesToken().issuesTuple().fires('reconnect')
    expect(started(device)).toEqual(['des_1'])
    device.connects().subscribes()
    expect(started(device)).toEqual(['des_1', 'des_2'])
    const order = device.effects.map(({ type }) => type)
    expect(order.indexOf('leaveSafe')).toBeLessThan(order.indexOf('startCommand'))
  })

  it('a desired state that comes before the first SUBACK waits for it', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple().connects().desires('des_1', 1)
    expect(started(device)).toEqual([])
    device.subscribes()
    expect(started(device)).toEqual(['des_1'])
  })
})

describe('DES-4 DES-9 outcomes that are remembered', () => {
  it('an older command that ends after a newer stale one is reported again too', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2).desires('des_3', 3)
    device.readsValue('des_2').finishes('des_1').acknowledges('answer-des_2', 'accepted')
    device.acknowledges('answer-des_1', 'accepted')
    for (const id of ['des_1', 'des_2']) {
      const again = device.desires(id, 9).one('mqttPublish').payload
      expect(JSON.parse(again)).toMatchObject({ desired_id: id, message_id: `answer-${id}` })
      expect(device.ever('mqttPublish').filter(({ payload }) => payload === again)).toHaveLength(2)
    }
  })

  it('their number is bounded; the oldest is not executed again, only not told again (CORE-5)', () => {
    const device = online()
    for (let n = 1; n <= 9; n += 1)
      device.desires(`des_${n}`, n).finishes(`des_${n}`).acknowledges(`answer-des_${n}`, 'accepted')
    expect(commandsOf(device)?.outcomes).toHaveLength(8)
    expect(device.desires('des_1', 1).effects).toEqual([])
    expect(device.desires('des_2', 2).did('mqttPublish')).toHaveLength(1)
  })
})
