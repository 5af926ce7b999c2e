import {
  type DeviceOptions,
  persist,
  readConfig,
  resume,
  type Snapshot,
  SnapshotError,
} from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { Scenario } from './support/scenario.ts'

const copy = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value
const online = (options: Partial<DeviceOptions> = {}) => new Scenario(options).goesOnline()

describe('CORE-6 PUB-9 F-8 a device goes on in another process', () => {
  it('its outbox is there: the same ids, the same bytes, published once it is online', () => {
    const device = online().reports('m-1').pubacks().reports('m-2').restarts()
    expect(device.state.context.reports.map(({ messageId, state }) => [messageId, state])).toEqual([
      ['m-1', 'queued'],
      ['m-2', 'queued'],
    ])
    const before = device.ever('mqttPublish').map(({ payload }) => payload)
    device.goesOnline()
    expect(device.did('mqttPublish').map(({ payload }) => payload)).toEqual(before)
    expect(device.acknowledges('m-1', 'replayed').one('settleReport').result).toBe('done')
  })

  it('asks for a new token, catalog and tuple, and is locally safe until it is online', () => {
    const device = online().restarts()
    expect(device.effects.map(({ type }) => type)).toEqual(['enterSafe', 'diagnose', 'call', 'setTimer'])
    expect(device.one('call').purpose).toBe('token')
    expect(device.goesOnline().did('leaveSafe')).toHaveLength(1)
  })

  it('never gives out an id again (CORE-4)', () => {
    const device = online().reports('m-1')
    const before = device.ever('call').map(({ call }) => call)
    device.restarts()
    expect(before).not.toContain(device.one('call').call)
    expect(
      device.happens({ type: 'tokenIssued', call: before[0] ?? '', expiresInMs: 9, renewAfterMs: null })
        .verdict,
    ).toBe('stale')
  })

  it('a stopped device’s outbox goes on too (STOP-1)', () => {
    const device = online().reports('m-1').stops().closes().happens({ type: 'tokenRevoked' })
    expect(device.state.value).toBe('stopped')
    expect(device.restarts().goesOnline().one('mqttPublish').payload).toContain('"m-1"')
  })

  it('a snapshot holds nothing of what was under way, and no secret’s name (CRED-3)', () => {
    const snapshot = persist(online().reports('m-1').desires('des_1', 1).state)
    expect(Object.keys(snapshot)).toEqual(['format', 'version', 'deviceId', 'lastId', 'reports', 'commands'])
    expect(JSON.stringify(snapshot)).not.toMatch(/call-|connection-|delivery-|timer-|cred-v12/)
    expect(copy(snapshot)).toEqual(snapshot)
  })

  it('what the firmware does not handle any more is kept, and answered by nobody (CORE-5)', () => {
    const device = online().desires('des_1', 1).restarts('restarted', { commandRoutes: [] })
    expect(device.one('readValue')).toMatchObject({ route: 'rte_valve', because: 'interrupted' })
    device.happens({ type: 'valueUnknown', desiredId: 'des_1' })
    expect(device.state.context.commands.rte_valve?.open).toEqual([])
  })
})

describe('DES-9 sequence numbers and outcomes survive a restart', () => {
  it('a lower sequence number is not executed after it', () => {
    const device = online().desires('des_7', 7).finishes('des_7').restarts().goesOnline()
    expect(device.desires('des_6', 6).did('startCommand')).toEqual([])
    expect(device.diagnosed()).toEqual(['desired-state-outdated'])
    expect(device.desires('des_8', 8).did('startCommand')).toHaveLength(1)
  })

  it('a command that was answered before it is reported again, with the same message_id (DES-4)', () => {
    const device = online().desires('des_1', 1).finishes('des_1').acknowledges('answer-des_1', 'accepted')
    const [told] = device.ever('mqttPublish')
    device.restarts().goesOnline().desires('des_1', 1)
    expect(device.did('startCommand')).toEqual([])
    expect(device.one('mqttPublish').payload).toBe(told?.payload)
  })

  it('without a store the host is told so, once', () => {
    const device = new Scenario()
    expect(device.one('diagnose')).toMatchObject({ code: 'not-durable', rule: 'DES-9', field: 'durable' })
    device.goesOnline().desires('des_1', 1).finishes('des_1')
    expect(device.ever('diagnose').filter(({ code }) => code === 'not-durable')).toHaveLength(1)
  })

  it('with a store, or without command routes, there is nothing to tell', () => {
    expect(new Scenario({ durable: true }).did('diagnose')).toEqual([])
    expect(new Scenario({ commandRoutes: [] }).did('diagnose')).toEqual([])
  })
})

describe('DES-12 a command that ran when the device went down', () => {
  it.each([
    ['open', undefined],
    ['closed', 'rejected'],
  ])('is not started again: the physical value %s decides', (value, status) => {
    const device = online().desires('des_1', 1, { value: 'open' }).restarts('continued')
    expect(device.did('startCommand')).toEqual([])
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_1', because: 'interrupted' })
    device.readsValue('des_1', value)
    expect(device.one('settleCommand').outcome).toBe(status ?? 'applied')
    device.goesOnline()
    expect(JSON.parse(device.one('mqttPublish').payload)).toMatchObject({ desired_id: 'des_1', value })
    expect(JSON.parse(device.one('mqttPublish').payload).report_status).toBe(status)
  })

  it('a value that is an object is compared by its fields, not by their order', () => {
    const device = online({ valueContract: 'json' }).desires('des_1', 1, { value: { a: 1, b: [2] } })
    const observed = { messageId: 'm', valueReceivedAt: '2026-04-29T10:00:09Z', value: { b: [2], a: 1 } }
    device.restarts().happens({ type: 'valueRead', desiredId: 'des_1', ...observed })
    expect(device.one('settleCommand').outcome).toBe('applied')
  })

  it('a repeatable route runs it again within the window, once the device is online', () => {
    const device = online({ repeatableRoutes: ['rte_valve'] })
      .desires('des_1', 1)
      .passes(10_000)
    device.restarts('continued')
    expect(device.did('startCommand')).toEqual([])
    expect(device.goesOnline().one('startCommand')).toMatchObject({ desiredId: 'des_1', windowMs: 50_000 })
  })

  it.each(['continued', 'restarted'] as const)(
    'but not after it, nor where the clock cannot tell (%s)',
    (clock) => {
      const device = online({ repeatableRoutes: ['rte_valve'] }).desires('des_1', 1)
      if (clock === 'continued') device.passes(60_000)
      expect(device.restarts(clock).one('readValue').because).toBe('interrupted')
    },
  )

  it('one that waited keeps its window where the clock went on, and is stale where it did not (F-12)', () => {
    const waiting = () => online().desires('des_1', 1).desires('des_2', 2)
    const stale = { desiredId: 'des_2', because: 'stale' }
    expect(waiting().restarts('restarted').did('readValue')).toContainEqual(expect.objectContaining(stale))
    expect(waiting().passes(60_000).restarts('continued').did('readValue')).toContainEqual(
      expect.objectContaining(stale),
    )
    const device = waiting().restarts('continued').readsValue('des_1').goesOnline()
    expect(device.one('startCommand').desiredId).toBe('des_2')
  })

  it('one whose value was asked for is asked for again, for the same reason', () => {
    const device = online().desires('des_1', 1).desires('des_2', 2).desires('des_3', 3).restarts('continued')
    expect(device.did('readValue')).toMatchObject([
      { desiredId: 'des_1', because: 'interrupted' },
      { desiredId: 'des_2', because: 'stale' },
    ])
  })
})

describe('CORE-6 a snapshot that is unknown or damaged is refused, with the field', () => {
  const config = readConfig({ deviceId: 12345, commandRoutes: ['rte_valve'] })
  const good = copy(
    persist(online().reports('m-1').desires('des_1', 1).finishes('des_1').desires('des_2', 2).state),
  )
  const faultOf = (snapshot: unknown): SnapshotError => {
    try {
      resume(snapshot, { config, now: 0, random: 0, clock: 'restarted' })
    } catch (error) {
      if (error instanceof SnapshotError) return error
      throw error
    }
    throw new Error('the snapshot was taken')
  }
  const withReport = (changes: object) => ({ ...good, reports: [{ ...good.reports[0], ...changes }] })
  const withValve = (changes: object) => ({
    ...good,
    commands: { rte_valve: { ...good.commands.rte_valve, ...changes } },
  })

  it('the good one is taken', () => {
    expect(() => faultOf(good)).toThrow('was taken')
  })

  it.each<[string, unknown]>([
    ['format', undefined],
    ['format', null],
    ['format', 'text'],
    ['format', {}],
    ['version', { ...good, version: 2 }],
    ['deviceId', { ...good, deviceId: 'cdv_other' }],
  ])('unknown: %s', (field, snapshot) => {
    expect(faultOf(snapshot)).toMatchObject({ name: 'SnapshotError', code: 'snapshot-unknown', field })
  })

  it.each<[string, unknown]>([
    ['lastId', { ...good, lastId: -1 }],
    ['lastId', { ...good, lastId: undefined }],
    ['reports', { ...good, reports: {} }],
    ['surprise', { ...good, surprise: 1 }],
    ['reports.0.state', withReport({ state: 'done' })],
    ['reports.0.messageId', withReport({ messageId: '' })],
    ['reports.0.payload', withReport({ payload: '{"message_id":"m-2"}' })],
    ['reports.0.payload', withReport({ payload: '{"message_id":' })],
    ['reports.0.payload', withReport({ payload: 'null' })],
    ['reports.0.failures', withReport({ failures: 0.5 })],
    ['reports.1.messageId', { ...good, reports: [good.reports[0], good.reports[0]] }],
    ['commands', { ...good, commands: null }],
    ['commands.rte_valve.highestSequence', withValve({ highestSequence: '7' })],
    ['commands.rte_valve.open', withValve({ open: undefined })],
    ['commands.rte_valve.open.0.state', withValve({ open: [{ ...first(good), state: 'answered' }] })],
    ['commands.rte_valve.open.0.value', withValve({ open: [{ ...first(good), value: undefined }] })],
    ['commands.rte_valve.recentIds.0', withValve({ recentIds: [7] })],
    ['commands.rte_valve.outcomes.0.outcome', withValve({ outcomes: [{ ...last(good), outcome: 'x' }] })],
    ['commands.rte_valve.lastReported', withValve({ lastReported: 7 })],
  ])('damaged: %s', (field, snapshot) => {
    const fault = faultOf(snapshot)
    expect(fault).toMatchObject({ code: 'snapshot-damaged', field })
    expect(fault.message).toContain(field)
  })
})

const first = (snapshot: Snapshot) => snapshot.commands.rte_valve?.open[0]
const last = (snapshot: Snapshot) => snapshot.commands.rte_valve?.outcomes[0]
