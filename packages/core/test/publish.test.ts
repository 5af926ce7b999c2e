import { describe, expect, it } from 'vitest'
import { catalog, reasons, Scenario, topics } from './support/scenario.ts'

const observed = '2026-04-29T10:00:01Z'
const offer = (device: Scenario, changes: object) =>
  device.happens({
    type: 'reportOffered',
    route: 'rte_temperature',
    messageId: 'm-1',
    value: '21.5',
    valueReceivedAt: observed,
    ...changes,
  })

describe('PUB-1 QoS 1, retain never set', () => {
  it('a publish effect leaves neither open: it has an address, a payload and nothing to choose', () => {
    const device = new Scenario().goesOnline().reports('m-1')
    expect(Object.keys(device.one('mqttPublish')).sort()).toEqual([
      'connection',
      'delivery',
      'payload',
      'topic',
      'type',
    ])
    expect(device.rules).toContain('PUB-1')
  })
})

describe('PUB-2 PUBACK means broker acceptance only', () => {
  it('settles nothing; the application acknowledgement does', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks()
    expect(device.did('settleReport')).toEqual([])
    expect(device.state.context.reports).toHaveLength(1)
    device.acknowledges('m-1', 'accepted')
    expect(device.one('settleReport')).toMatchObject({ messageId: 'm-1', result: 'done', status: 'accepted' })
    expect(device.state.context.reports).toEqual([])
  })

  it('PUBACK 0x10 (no matching subscribers) is acceptance too', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x10)
    expect(device.state.context.reports[0]?.state).toBe('accepted')
  })
})

describe('PUB-3 what a report needs', () => {
  it('message_id, value and value_received_at, and nothing more', () => {
    const device = new Scenario().goesOnline().reports('m-1')
    expect(device.published()).toEqual([
      { topic: topics.temperature, body: { message_id: 'm-1', value: '21.5', value_received_at: observed } },
    ])
  })

  it.each([
    ['messageId', '', 'message-id-invalid'],
    ['messageId', 'has a space', 'message-id-invalid'],
    ['messageId', 'x'.repeat(129), 'message-id-invalid'],
    ['messageId', 'ümlaut', 'message-id-invalid'],
    ['value', 21.5, 'value-invalid'],
    ['value', null, 'value-invalid'],
    ['value', undefined, 'value-invalid'],
    ['valueReceivedAt', '', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-04-29', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-04-29T10:00:01', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-04-29T10:00:01+02:00', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-13-29T10:00:01Z', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-00-29T10:00:01Z', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-04-00T10:00:01Z', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-04-31T10:00:01Z', 'value-received-at-invalid'],
    ['valueReceivedAt', '2026-02-29T10:00:01Z', 'value-received-at-invalid'],
    ['valueReceivedAt', '1900-02-29T10:00:01Z', 'value-received-at-invalid'],
    ['valueReceivedAt', 1_777_000_000, 'value-received-at-invalid'],
  ])('%s of %j is refused at the door, and the field is named', (field, value, code) => {
    const device = offer(new Scenario().goesOnline(), { [field]: value })
    expect(device.one('refuseReport')).toMatchObject({ code, field })
    expect(device.state.context.reports).toEqual([])
    expect(device.ever('mqttPublish')).toEqual([])
  })

  it('fractions of a second are a time of observation', () => {
    const device = offer(new Scenario().goesOnline(), { valueReceivedAt: '2024-02-29T23:59:59.123Z' })
    expect(device.did('acceptReport')).toHaveLength(1)
  })

  it.each([[21.5], [true], [null], [{ open: [1, 2] }]])(
    'a value of %j is taken where the source’s contract says json',
    (value) => {
      const device = offer(new Scenario({ valueContract: 'json' }).goesOnline(), { value })
      expect(device.published()[0]?.body.value).toEqual(value)
    },
  )

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  it.each([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['Infinity', { a: [Number.POSITIVE_INFINITY] }],
    ['a big integer', 10n],
    ['a date', new Date(0)],
    ['a function inside', { f: () => 1 }],
    ['a hole', new Array(1)],
    ['a cycle', cycle],
  ])('%s is no JSON: refused, never changed on the way', (_what, value) => {
    const device = offer(new Scenario({ valueContract: 'json' }).goesOnline(), { value })
    expect(device.one('refuseReport')).toMatchObject({ code: 'value-invalid', field: 'value' })
  })
})

describe('PUB-4 one event, one message_id', () => {
  it('retry, reconnect and renewal keep the id and the very bytes', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x80)
    device.fires('reports').closes().fires('reconnect').connects().subscribes()
    device.pubacks().fires('reports').fires('reports').pubacks()
    device.fires('renewTuple').issuesToken().issuesTuple().closes().connects().subscribes().pubacks()
    device.fires('reports').fires('reports')
    const payloads = device.ever('mqttPublish').map(({ payload }) => payload)
    expect(payloads.length).toBeGreaterThanOrEqual(5)
    expect(new Set(payloads).size).toBe(1)
  })

  it('every attempt is a delivery of its own', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x80).fires('reports')
    expect(new Set(device.ever('mqttPublish').map(({ delivery }) => delivery)).size).toBe(2)
  })

  it('an id that is still on its way is refused for a second event', () => {
    const device = new Scenario()
      .goesOnline()
      .reports('m-1', 'rte_temperature', '1')
      .reports('m-1', 'rte_temperature', '2')
    expect(device.one('refuseReport')).toMatchObject({ code: 'message-id-in-use', field: 'messageId' })
    expect(device.published()).toHaveLength(1)
  })
})

describe('PUB-5 an answer to a desired state', () => {
  it('carries desired_id and sequence_number; report_status is left out for applied', () => {
    const device = new Scenario().goesOnline().desires('des_1', 42).finishes('des_1', 'applied', 'open')
    expect(device.published()).toEqual([
      {
        topic: topics.valve,
        body: {
          message_id: 'answer-des_1',
          value: 'open',
          value_received_at: '2026-04-29T10:00:05Z',
          desired_id: 'des_1',
          sequence_number: 42,
        },
      },
    ])
  })

  it('says rejected or stale, with the current physical value', () => {
    const device = new Scenario().goesOnline().desires('des_1', 1).finishes('des_1', 'rejected', 'closed')
    device.desires('des_2', 2, { valid_for_seconds: 0 }).readsValue('des_2', 'ajar')
    expect(device.published().map(({ body }) => body)).toMatchObject([
      { desired_id: 'des_1', report_status: 'rejected', value: 'closed' },
      { desired_id: 'des_2', report_status: 'stale', value: 'ajar' },
    ])
  })
})

describe('PUB-6 a local change', () => {
  it('has no desired_id and no report_status, on a command route too', () => {
    const device = new Scenario().goesOnline().reports('m-1', 'rte_valve', 'open')
    expect(Object.keys(device.published()[0]?.body ?? {})).toEqual([
      'message_id',
      'value',
      'value_received_at',
    ])
  })
})

describe('PUB-7 a publish that the broker did not accept', () => {
  it('is retried as the same event after a lost connection', () => {
    const device = new Scenario()
      .goesOnline()
      .reports('m-1')
      .closes()
      .fires('reconnect')
      .connects()
      .subscribes()
    expect(device.one('mqttPublish').payload).toBe(device.ever('mqttPublish')[0]?.payload)
  })

  it.each(reasons(0x80, 0x83, 0x97))('PUBACK %s: again after a backoff that grows', (_name, reason) => {
    const device = new Scenario().goesOnline().reports('m-1')
    device.random = 0.999
    const waits = [1, 2, 3].map(() => {
      const wait = device.pubacks(reason).waits('reports')
      expect(device.did('mqttPublish')).toEqual([])
      device.fires('reports')
      expect(device.did('mqttPublish')).toHaveLength(1)
      return wait
    })
    expect(waits).toEqual([1_999, 3_997, 7_993])
  })

  it.each(reasons(0x99, 0x95))('PUBACK %s is final, and told', (name, reason) => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(reason)
    expect(device.one('settleReport')).toMatchObject({ result: 'failed', status: `reason-${name}` })
    expect(device.state.context.reports).toEqual([])
  })

  it.each(reasons(0x87, 0x90))(
    'PUBACK %s: the catalog is doubted, and the event is kept (CAT-8)',
    (_name, reason) => {
      const device = new Scenario().goesOnline().reports('m-1').pubacks(reason)
      expect(device.did('settleReport')).toEqual([])
      device.fires('retryCall').readsCatalog().issuesTuple().closes().connects().subscribes()
      const bodies = device.published().map(({ body }) => body.message_id)
      expect(new Set(bodies)).toEqual(new Set(['m-1']))
      expect(bodies.length).toBeGreaterThan(1)
    },
  )

  it('CORE-4 a PUBACK for an earlier attempt frees its place and changes nothing else', () => {
    const device = new Scenario({ timing: { acknowledgementTimeoutMs: 1_000 } }).goesOnline().reports('m-1')
    const first = device.ever('mqttPublish')[0]?.delivery ?? ''
    device.fires('reports').fires('reports').pubacks(0, first)
    expect(device.verdict).toBe('taken')
    expect(device.state.context.reports[0]?.state).toBe('sent')
    expect(device.pubacks(0, first).verdict).toBe('stale')
  })
})

describe('PUB-8 flow control and sizes', () => {
  it.each([
    ['receive maximum', 3, null, 16],
    ['the catalog', 100, 3, 16],
    ['the configuration', 100, null, 3],
  ])('%s bounds the unacknowledged publishes', (_who, receiveMaximum, maxInflightMessages, own) => {
    const device = new Scenario({ limits: { maxInflightMessages: own } }).issuesToken()
    device.readsCatalog({ limits: { ...catalog.limits, maxInflightMessages } }).issuesTuple()
    device.connects(receiveMaximum).subscribes()
    for (let n = 0; n < 10; n += 1) device.reports(`m-${n}`)
    expect(device.ever('mqttPublish')).toHaveLength(3)
  })

  it('an acknowledgement does not free a place, a PUBACK does', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple().connects(1).subscribes()
    device.reports('m-1').reports('m-2').acknowledges('m-1', 'accepted')
    expect(device.ever('mqttPublish')).toHaveLength(1)
    device.pubacks()
    expect(device.ever('mqttPublish')).toHaveLength(2)
  })

  const frame = JSON.stringify({ message_id: 'm-1', value: '', value_received_at: observed }).length
  const value = (bytes: number) =>
    'é'.repeat(Math.floor((bytes - frame) / 2)) + 'x'.repeat((bytes - frame) % 2)

  it.each([
    [100, true],
    [101, false],
  ])('a payload of %i bytes under a catalog limit of 100 bytes: taken %s', (bytes, taken) => {
    const device = new Scenario()
      .issuesToken()
      .readsCatalog({ limits: { ...catalog.limits, maxPayloadBytes: 100 } })
    offer(device, { value: value(bytes) })
    expect(device.did('acceptReport')).toHaveLength(taken ? 1 : 0)
    if (!taken) expect(device.one('refuseReport')).toMatchObject({ code: 'too-large', field: 'value' })
  })

  it.each([
    [200, true],
    [201, false],
  ])('a payload of %i bytes under a packet limit for 200: taken %s', (bytes, taken) => {
    // Fixed header 1, remaining length 2, topic 2 + its bytes, packet id 2, properties 1.
    const maximumPacketSize = 8 + topics.temperature.length + 200
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple()
    device.happens({ type: 'mqttConnected', receiveMaximum: 9, maximumPacketSize }).subscribes()
    offer(device, { value: value(bytes) })
    expect(device.did('mqttPublish')).toHaveLength(taken ? 1 : 0)
    expect(device.did('refuseReport')).toHaveLength(taken ? 0 : 1)
  })

  it('one that was taken before the limit was known fails for good, once, and holds nothing up', () => {
    const device = offer(new Scenario(), { value: 'x'.repeat(500) }).reports('m-2')
    device
      .issuesToken()
      .readsCatalog({ limits: { ...catalog.limits, maxPayloadBytes: 100 } })
      .issuesTuple()
    device.connects().subscribes()
    expect(device.one('settleReport')).toMatchObject({
      messageId: 'm-1',
      result: 'failed',
      status: 'too-large',
    })
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-2'])
  })

  it('one that the MQTT client refuses as too large (0x95) fails for good and is not tried again', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x95)
    expect(device.one('settleReport').result).toBe('failed')
    expect(device.waits('reports')).toBeNull()
  })

  it('a payload over the configured characters is refused', () => {
    const device = offer(new Scenario({ limits: { maxPayloadCharacters: 80 } }), { value: 'x'.repeat(9) })
    expect(device.one('refuseReport').code).toBe('too-large')
  })
})

describe('PUB-9 the outbox is bounded and in order', () => {
  it('at the bound the host gets a refusal, and what was taken stays', () => {
    const device = new Scenario({ limits: { maxReports: 2 } })
    device.reports('m-1').reports('m-2').reports('m-3')
    expect(device.one('refuseReport')).toMatchObject({ messageId: 'm-3', code: 'outbox-full' })
    device.goesOnline()
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1', 'm-2'])
    device.acknowledges('m-1', 'accepted').reports('m-3')
    expect(device.did('acceptReport')).toHaveLength(1)
  })

  it('order per route is kept over a reconnect', () => {
    const device = new Scenario()
    for (const id of ['m-1', 'm-2', 'm-3']) device.reports(id)
    device.goesOnline().closes().fires('reconnect').connects().subscribes()
    expect(device.did('mqttPublish').map(({ payload }) => JSON.parse(payload).message_id)).toEqual([
      'm-1',
      'm-2',
      'm-3',
    ])
  })

  it('outcomes of commands have room of their own, are bounded too, and a drop is told (CORE-5)', () => {
    const device = new Scenario({ limits: { maxReports: 2 } }).goesOnline().reports('m-1').reports('m-2')
    for (const n of [1, 2, 3]) device.desires(`des_${n}`, n).finishes(`des_${n}`)
    expect(device.one('settleReport')).toMatchObject({
      messageId: 'answer-des_3',
      result: 'failed',
      status: 'outbox-full',
    })
    expect(device.state.context.reports).toHaveLength(4)
    device.acknowledges('answer-des_1', 'accepted').desires('des_3', 3)
    expect(device.published().at(-1)?.body.message_id).toBe('answer-des_3')
  })
})

describe('PUB-10 a command report is what is physically true', () => {
  it('the value is the one the host observed, not the one desired', () => {
    const device = new Scenario()
      .goesOnline()
      .desires('des_1', 1, { value: 'open' })
      .finishes('des_1', 'applied', 'ajar')
    expect(device.published()[0]?.body.value).toBe('ajar')
  })

  it('no value is made up where the host cannot tell it: the command stays unanswered, and an operator is told', () => {
    const device = new Scenario().goesOnline().desires('des_1', 1, { valid_for_seconds: 0 })
    device.happens({ type: 'valueUnknown', desiredId: 'des_1' })
    expect(device.diagnosed()).toEqual(['physical-value-unknown'])
    expect(device.ever('mqttPublish')).toEqual([])
    expect(device.state.context.commands.rte_valve?.open).toEqual([])
  })
})
