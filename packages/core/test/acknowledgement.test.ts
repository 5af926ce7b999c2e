import { acknowledgementStatuses } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { allScopes, Scenario, topics } from './support/scenario.ts'

const sent = () => new Scenario().goesOnline().reports('m-1').pubacks()

describe('ACK-1 an acknowledgement', () => {
  it('is matched by message_id', () => {
    const device = sent().reports('m-2').pubacks().acknowledges('m-2', 'accepted')
    expect(device.one('settleReport').messageId).toBe('m-2')
    expect(device.state.context.reports.map(({ messageId }) => messageId)).toEqual(['m-1'])
  })

  it('may carry desired_id, sequence_number, error and fields of the future', () => {
    const device = sent().acknowledges('m-1', 'accepted', false, {
      desired_id: 'des_1',
      sequence_number: 9,
      x: {},
    })
    expect(device.one('settleReport').result).toBe('done')
  })

  it('counts on the acknowledgement topic only', () => {
    const payload = JSON.stringify({ version: 1, status: 'accepted', retryable: false, message_id: 'm-1' })
    const device = sent().happens({ type: 'mqttMessageReceived', topic: topics.valveDesired, payload })
    expect(device.ever('settleReport')).toEqual([])
  })
})

describe('ACK-2 accepted and replayed', () => {
  it.each(['accepted', 'replayed'])('%s settles the report as done', (status) => {
    const device = sent().acknowledges('m-1', status)
    expect(device.one('settleReport')).toEqual({
      type: 'settleReport',
      messageId: 'm-1',
      route: 'rte_temperature',
      result: 'done',
      status,
      errorType: null,
      desiredId: null,
    })
    expect(device.waits('reports')).toBeNull()
  })

  it.each(['accepted', 'replayed'])('%s is done even where retryable is true', (status) => {
    expect(sent().acknowledges('m-1', status, true).one('settleReport').result).toBe('done')
  })
})

describe('ACK-3 conflict, rejected, error', () => {
  it.each(['conflict', 'rejected', 'error'])(
    '%s without retryable is settled as failed, with status and error.type',
    (status) => {
      const device = sent().acknowledges('m-1', status, false, { error: { type: 'validation_error' } })
      expect(device.one('settleReport')).toMatchObject({
        result: 'failed',
        status,
        errorType: 'validation_error',
      })
      expect(device.state.context.reports).toEqual([])
    },
  )

  it.each(['conflict', 'rejected', 'error'])(
    '%s with retryable is published again, same id, same payload, after backoff',
    (status) => {
      const device = sent().acknowledges('m-1', status, true)
      expect(device.did('settleReport')).toEqual([])
      expect(device.did('mqttPublish')).toEqual([])
      expect(device.waits('reports')).toBe(1_000)
      device.fires('reports')
      expect(device.one('mqttPublish').payload).toBe(device.ever('mqttPublish')[0]?.payload)
    },
  )

  it('the backoff grows with every refusal', () => {
    const device = new Scenario().goesOnline().reports('m-1')
    device.random = 0.999
    const waits = [1, 2, 3].map(() => {
      const wait = device.acknowledges('m-1', 'error', true).waits('reports')
      device.fires('reports').pubacks()
      return wait
    })
    expect(waits).toEqual([1_999, 3_997, 7_993])
  })
})

describe('ACK-4 early, twice, unknown', () => {
  it('before the PUBACK: settled, and the PUBACK that follows is no fault', () => {
    const device = new Scenario().goesOnline().reports('m-1').acknowledges('m-1', 'accepted')
    expect(device.one('settleReport').result).toBe('done')
    device.pubacks()
    expect(device.verdict).toBe('taken')
    expect(device.effects.map(({ type }) => type)).toEqual(['cancelTimer'])
    expect(device.state.context.timers.publishTimeout).toBeUndefined()
  })

  it('twice: settled once', () => {
    const device = sent().acknowledges('m-1', 'accepted').acknowledges('m-1', 'accepted')
    expect(device.ever('settleReport')).toHaveLength(1)
    expect(device.did('diagnose')).toMatchObject([{ level: 'info', code: 'acknowledgement-unknown' }])
  })

  it('a retry asked for twice waits once', () => {
    const device = sent().acknowledges('m-1', 'error', true)
    device.passes(600).acknowledges('m-1', 'error', true)
    expect(device.waits('reports')).toBe(400)
    expect(device.state.context.reports[0]?.failures).toBe(1)
  })

  it('for a message that is not known: a note, nothing else', () => {
    const device = sent().acknowledges('m-unknown', 'rejected')
    expect(device.verdict).toBe('taken')
    expect(device.effects.map(({ type }) => type)).toEqual(['diagnose'])
    expect(device.state.context.reports).toHaveLength(1)
  })

  it('after a reconnect, for the attempt before it: settled', () => {
    const device = sent().closes().fires('reconnect').connects().acknowledges('m-1', 'accepted')
    expect(device.one('settleReport').result).toBe('done')
    device.subscribes()
    expect(device.did('mqttPublish')).toEqual([])
  })
})

describe('ACK-5 no acknowledgement within the deadline', () => {
  it.each([true, false])('the same event is published again, with backoff (PUBACK came: %s)', (puback) => {
    const device = new Scenario({ timing: { publishTimeoutMs: 90_000 } }).goesOnline().reports('m-1')
    if (puback) device.pubacks()
    expect(device.waits('reports')).toBe(60_000)
    device.fires('reports')
    expect(device.did('mqttPublish')).toEqual([])
    expect(device.waits('reports')).toBe(1_000)
    device.fires('reports')
    expect(device.one('mqttPublish').payload).toBe(device.ever('mqttPublish')[0]?.payload)
    device.acknowledges('m-1', 'replayed')
    expect(device.one('settleReport').result).toBe('done')
  })

  it('F-11 nothing is parked for ever: an event that is never answered keeps a timer', () => {
    const device = sent()
    for (let n = 0; n < 20; n += 1) {
      expect(device.waits('reports')).not.toBeNull()
      device.fires('reports').pubacks()
    }
    expect(device.state.context.reports).toHaveLength(1)
  })

  it('a timer that comes early moves nothing forward', () => {
    const device = sent()
    const timer = device.state.context.timers.reports?.id ?? ''
    device.passes(59_000).happens({ type: 'timer.reports', timer })
    expect(device.state.context.reports[0]?.state).toBe('accepted')
    expect(device.waits('reports')).toBe(1_000)
  })
})

describe('ACK-6 malformed', () => {
  const good = { version: 1, status: 'accepted', retryable: false, message_id: 'm-1' }
  it.each([
    ['payload', 'not json'],
    ['payload', '[]'],
    ['payload', 'null'],
    ['version', JSON.stringify({ ...good, version: 2 })],
    ['version', JSON.stringify({ ...good, version: undefined })],
    ['status', JSON.stringify({ ...good, status: 'perhaps' })],
    ['status', JSON.stringify({ ...good, status: 7 })],
    ['retryable', JSON.stringify({ ...good, retryable: 'no' })],
    ['message_id', JSON.stringify({ ...good, message_id: 7 })],
    ['message_id', JSON.stringify({ ...good, message_id: '' })],
  ])('%s: a diagnostic that names it, and the report stays pending (%s)', (field, payload) => {
    const device = sent().happens({ type: 'mqttMessageReceived', topic: topics.acknowledgements, payload })
    expect(device.one('diagnose')).toMatchObject({ code: 'acknowledgement-malformed', field, rule: 'ACK-6' })
    expect(device.state.context.reports).toHaveLength(1)
    expect(device.waits('reports')).toBe(60_000)
  })

  it.each([1, '1', '1.0', 'v1', '1.2.3'])('version %j is understood', (version) => {
    const payload = JSON.stringify({ ...good, version })
    const device = sent().happens({ type: 'mqttMessageReceived', topic: topics.acknowledgements, payload })
    expect(device.did('settleReport')).toHaveLength(1)
  })
})

describe('ACK-7 without iot:mqtt:ack:read', () => {
  const scopes = allScopes.filter((scope) => scope !== 'iot:mqtt:ack:read')

  it('the topic is not subscribed to, and PUBACK settles a report as unconfirmed, never as done', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple({ scopes }).connects()
    expect(device.one('mqttSubscribe').topics).toEqual([topics.valveDesired])
    device.subscribes().reports('m-1').pubacks()
    expect(device.one('settleReport')).toMatchObject({ result: 'unconfirmed', status: 'unconfirmed' })
  })

  it('a refusal by PUBACK is retried all the same', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple({ scopes }).connects().subscribes()
    device.reports('m-1').pubacks(0x97)
    expect(device.did('settleReport')).toEqual([])
    expect(device.waits('reports')).toBe(1_000)
  })
})

it('ACK-2 ACK-3 every status has a result', () => {
  const results = acknowledgementStatuses.map(
    (status) => sent().acknowledges('m-1', status).one('settleReport').result,
  )
  expect(results).toEqual(['done', 'done', 'failed', 'failed', 'failed'])
})
