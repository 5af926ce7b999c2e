import { type CallPurpose, type ConfigError, readAnswer, readConfig, step } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { impurities } from '../../../test/support/purity.ts'
import { catalogAnswer, tokenAnswer, tupleAnswer } from './support/answers.ts'
import { Scenario } from './support/scenario.ts'

const read = (purpose: CallPurpose, body: unknown, status = 200) =>
  readAnswer({ call: 'call-1', purpose }, { status, retryAfterSeconds: null, body: JSON.stringify(body) })

/** What a trace cannot show, for it never comes so far: it is refused before the machine sees it. */
describe('what is refused at the door', () => {
  it('breach of AUTH-1: an API over http: is no configuration', () => {
    const refused = (apiUrl: string) => () => readConfig({ deviceId: 1, apiUrl })
    expect(refused('http://api.therealer.com')).toThrow(
      expect.objectContaining<Partial<ConfigError>>({ code: 'config-invalid', field: 'apiUrl' }),
    )
    expect(refused('https://api.therealer.com')).not.toThrow()
  })

  it('breach of CONN-1: a catalog that names a broker over plain mqtt: is refused with the field', () => {
    const body = catalogAnswer()
    const plain = { ...body, mqtt: { ...body.mqtt, broker_url: 'mqtt://mqtt.therealer.com:1883' } }
    expect(read('catalog', plain).event).toMatchObject({ type: 'callFailed', field: 'mqtt.broker_url' })
    expect(read('catalog', body).event).toMatchObject({ type: 'catalogRead' })
  })

  it('breach of CAT-7: a catalog without its acknowledgement topic is refused with the field', () => {
    const body = catalogAnswer()
    const lacking = { ...body, mqtt: { ...body.mqtt, feed_data_ack_topic: undefined } }
    expect(read('catalog', lacking).event).toMatchObject({
      type: 'callFailed',
      failure: 'malformed',
      field: 'mqtt.feed_data_ack_topic',
    })
  })

  it('breach of CAT-6: a code that is not 2000 is no success, whatever the HTTP status says', () => {
    expect(read('catalog', { ...catalogAnswer(), code: 4003 }).event).toMatchObject({
      type: 'callRefused',
      status: 200,
      code: 4003,
    })
  })

  it('breach of CRED-2: a tuple without a user name is refused with the field', () => {
    const body = tupleAnswer()
    const lacking = { ...body, mqtt: { ...body.mqtt, mqtt_username: undefined } }
    expect(read('credential', lacking, 201).event).toMatchObject({
      type: 'callFailed',
      field: 'mqtt.mqtt_username',
    })
  })

  it('breach of CRED-3: a secret of an answer does not stand in its event', () => {
    for (const { event, secret } of [
      read('token', { ...tokenAnswer(), access_token: 'canary' }),
      read(
        'credential',
        { ...tupleAnswer(), mqtt: { ...tupleAnswer().mqtt, mqtt_credential: 'canary' } },
        201,
      ),
    ]) {
      expect(secret).toEqual({ secret: 'call-1', value: 'canary' })
      expect(JSON.stringify(event)).not.toContain('canary')
    }
  })

  it('breach of CORE-1: a clock, a timer or a random number in a source is found', () => {
    for (const source of ['const at = Date.now()', 'setTimeout(f, 1)', 'Math.random()'])
      expect(impurities('session/sample.ts', source, { '*': [] })).toHaveLength(1)
  })

  it('breach of CORE-2: a step that changed the state it was given would throw on a frozen one', () => {
    const { state, now } = new Scenario().goesOnline().reports('m-1')
    const frozen = freeze(JSON.parse(JSON.stringify(state)) as typeof state)
    const event = { type: 'stopRequested', reason: 'shutdown' } as const
    const once = step(frozen, { now, random: 0.25, event })
    expect(() => Object.assign(frozen.context, { lastId: 0 })).toThrow(TypeError)
    expect(step(frozen, { now, random: 0.25, event })).toEqual(once)
    expect(
      step(frozen, { now: now + 1, random: 0.25, event: { ...event, reason: 'compromise' } }),
    ).not.toEqual(once)
  })
})

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
