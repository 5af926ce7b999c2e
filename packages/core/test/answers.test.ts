import { type CallPurpose, callFailed, readAnswer } from '@realer-device/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogAnswer, tokenAnswer, tupleAnswer } from './support/answers.ts'

const call = (purpose: CallPurpose) => ({ call: 'call-9', purpose })
const answer = (body: unknown, status = 200, retryAfterSeconds: number | null = null) => ({
  status,
  retryAfterSeconds,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const mqtt = (change: object) => ({ ...catalogAnswer(), mqtt: { ...catalogAnswer().mqtt, ...change } })
const tuple = (change: object) => ({ ...tupleAnswer(), mqtt: { ...tupleAnswer().mqtt, ...change } })
const route = (change: object) => ({ ...catalogAnswer(), mqtt_routes: [change] })

describe('AUTH-2 the token answer', () => {
  it('becomes an event with times, and a secret beside it', () => {
    expect(readAnswer(call('token'), answer({ ...tokenAnswer(), renew_after: 2700, scope: 'x' }))).toEqual({
      event: { type: 'tokenIssued', call: 'call-9', expiresInMs: 3_600_000, renewAfterMs: 2_700_000 },
      secret: { secret: 'call-9', value: 'b11db7f6c816568eb3b156df3aeaa5' },
    })
  })

  it.each([undefined, null])('AUTH-4 renew_after may be %s', (renew_after) => {
    expect(readAnswer(call('token'), answer({ ...tokenAnswer(), renew_after })).event).toMatchObject({
      renewAfterMs: null,
    })
  })

  it.each(['bearer', 'BEARER'])('token_type %s is Bearer', (token_type) => {
    expect(readAnswer(call('token'), answer({ ...tokenAnswer(), token_type })).event.type).toBe('tokenIssued')
  })
})

describe('CAT-7 CRED-6 a malformed answer is a failure that names the field', () => {
  it.each<[CallPurpose, string, unknown]>([
    ['token', 'body', 'not json'],
    ['token', 'body', ''],
    ['token', 'access_token', '[]'],
    ['token', 'body', 'null'],
    ['token', 'access_token', { ...tokenAnswer(), access_token: undefined }],
    ['token', 'access_token', { ...tokenAnswer(), access_token: '' }],
    ['token', 'access_token', { ...tokenAnswer(), access_token: 7 }],
    ['token', 'token_type', { ...tokenAnswer(), token_type: 'mac' }],
    ['token', 'token_type', { ...tokenAnswer(), token_type: undefined }],
    ['token', 'expires_in', { ...tokenAnswer(), expires_in: 0 }],
    ['token', 'expires_in', { ...tokenAnswer(), expires_in: '3600' }],
    ['token', 'expires_in', { ...tokenAnswer(), expires_in: 1e308 }],
    ['token', 'renew_after', { ...tokenAnswer(), renew_after: -1 }],
    ['catalog', 'mqtt', { code: 2000, mqtt_routes: [] }],
    ['catalog', 'mqtt.broker_url', mqtt({ broker_url: undefined })],
    ['catalog', 'mqtt.broker_url', mqtt({ broker_url: 'mqtt://b' })],
    ['catalog', 'mqtt.broker_url', mqtt({ broker_url: 'mqtts://user:pass@b' })],
    ['catalog', 'mqtt.broker_url', mqtt({ broker_url: 'mqtts://' })],
    ['catalog', 'mqtt.protocol', mqtt({ protocol: 'mqtt-3.1.1' })],
    ['catalog', 'mqtt.client_id', mqtt({ client_id: '' })],
    ['catalog', 'mqtt.feed_data_ack_topic', mqtt({ feed_data_ack_topic: undefined })],
    ['catalog', 'mqtt.feed_data_ack_topic', mqtt({ feed_data_ack_topic: 'a/#' })],
    ['catalog', 'mqtt.feed_data_ack_subscribe_scope', mqtt({ feed_data_ack_subscribe_scope: 7 })],
    ['catalog', 'mqtt.credential_endpoint.endpoint', mqtt({ credential_endpoint: { body: {} } })],
    [
      'catalog',
      'mqtt.credential_endpoint.endpoint',
      mqtt({ credential_endpoint: { endpoint: 'https://evil.example/x', body: {} } }),
    ],
    [
      'catalog',
      'mqtt.credential_endpoint.http_method',
      mqtt({ credential_endpoint: { endpoint: '/x', http_method: 'get out', body: {} } }),
    ],
    ['catalog', 'mqtt.credential_endpoint.body', mqtt({ credential_endpoint: { endpoint: '/x' } })],
    ['catalog', 'mqtt_routes', { ...catalogAnswer(), mqtt_routes: undefined }],
    ['catalog', 'mqtt_routes', { ...catalogAnswer(), mqtt_routes: {} }],
    ['catalog', 'mqtt_routes.0.source_type', route({ mqtt: {} })],
    ['catalog', 'mqtt_routes.0.mqtt', route({ source_type: 'sensor' })],
    [
      'catalog',
      'mqtt_routes.0.mqtt.feed_data_topic',
      route({ source_type: 'sensor', mqtt: { feed_data_topic: '+' } }),
    ],
    [
      'catalog',
      'mqtt_routes.0.mqtt.desired_topic',
      route({ source_type: 'command', mqtt: { feed_data_topic: 'a', desired_topic: 'b\0' } }),
    ],
    ['credential', 'mqtt', { code: 2000 }],
    ['credential', 'mqtt.mqtt_client_id', tuple({ mqtt_client_id: '' })],
    ['credential', 'mqtt.mqtt_username', tuple({ mqtt_username: null })],
    ['credential', 'mqtt.mqtt_credential', tuple({ mqtt_credential: undefined })],
    ['credential', 'mqtt.scopes', tuple({ scopes: 'iot:mqtt:connect' })],
    ['credential', 'mqtt.scopes.0', tuple({ scopes: [7] })],
    ['credential', 'mqtt.expires_in', tuple({ expires_in: 0 })],
  ])('%s: %s', (purpose, field, body) => {
    const { event, secret } = readAnswer(call(purpose), answer(body))
    expect(event).toMatchObject({ type: 'callFailed', failure: 'malformed', field, retryAfterMs: null })
    expect(event.type === 'callFailed' && event.detail).toContain(`its answer is not usable: ${field} `)
    expect(secret).toBeNull()
  })
})

describe('CAT-6 AUTH-6 the status and the code', () => {
  it.each([400, 401, 402, 403, 404, 413, 422])('HTTP %i is a refusal, with the body’s code', (status) => {
    const { event } = readAnswer(call('catalog'), answer({ code: status * 10 }, status))
    expect(event).toEqual({ type: 'callRefused', call: 'call-9', status, code: status * 10 })
  })

  it.each([
    [{ error: 'invalid_client' }, 'invalid_client'],
    [{ error: 'Free text, with who knows what.' }, null],
    [{ error: { type: 'x' } }, null],
    ['<html>', null],
    [{ code: 'text' }, null],
  ])('the error of %j is %j: nothing but a code gets through', (body, code) => {
    expect(readAnswer(call('token'), answer(body, 400)).event).toMatchObject({ type: 'callRefused', code })
  })

  it.each([4000, 4001, 4002, 4003, 4004, 4013, 4022])('HTTP 200 with code %i is a refusal', (code) => {
    expect(readAnswer(call('credential'), answer({ ...tupleAnswer(), code })).event).toMatchObject({
      type: 'callRefused',
      status: 200,
      code,
    })
  })

  it.each([
    [429, {}],
    [200, { code: 4029 }],
    [403, { code: 4029 }],
  ])('HTTP %i with %j is “busy”, and Retry-After is kept', (status, body) => {
    expect(readAnswer(call('catalog'), answer(body, status, 7)).event).toMatchObject({
      type: 'callFailed',
      failure: 'busy',
      retryAfterMs: 7_000,
    })
  })

  it('CAT-6 HTTP 200 with code 5000 is a failure of the server, and no refusal of the device', () => {
    expect(readAnswer(call('catalog'), answer({ ...catalogAnswer(), code: 5000 })).event).toMatchObject({
      type: 'callFailed',
      failure: 'server',
    })
  })

  it.each([500, 502, 503, 504, 301, 302, 304])(
    'HTTP %i is a failure of the server, never followed',
    (status) => {
      expect(readAnswer(call('catalog'), answer(catalogAnswer(), status)).event).toMatchObject({
        type: 'callFailed',
        failure: 'server',
      })
    },
  )

  it.each([
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [1e308, null],
    [-5, 0],
    [0, 0],
  ])('a Retry-After of %d is %d', (seconds, retryAfterMs) => {
    expect(readAnswer(call('catalog'), answer({}, 503, seconds)).event).toMatchObject({ retryAfterMs })
  })

  it('AUTH-7 a revocation needs no body', () => {
    expect(readAnswer(call('revoke'), answer('', 200)).event.type).toBe('tokenRevoked')
    expect(readAnswer(call('revoke'), answer('', 400)).event.type).toBe('callRefused')
  })

  it('AUTH-6 a call without any answer is told by callFailed', () => {
    expect(callFailed(call('token'), 'network', 'ECONNREFUSED')).toEqual({
      type: 'callFailed',
      call: 'call-9',
      failure: 'network',
      detail: 'ECONNREFUSED',
      field: null,
      retryAfterMs: null,
    })
  })
})

describe('CRED-3 F-13 secrets', () => {
  const canary = 'canary-7f3a'
  const purposes = ['token', 'catalog', 'credential', 'revoke'] as const

  it('are in no event, whatever the answer around them looks like', () => {
    const bodies = fc.oneof(
      fc.record({ access_token: fc.constant(canary), token_type: fc.anything(), expires_in: fc.anything() }),
      fc.record({
        mqtt: fc.record({
          mqtt_credential: fc.constant(canary),
          scopes: fc.anything(),
          expires_in: fc.anything(),
        }),
      }),
      fc.constant({ ...tokenAnswer(), access_token: canary }),
      fc.constant(tuple({ mqtt_credential: canary })),
      fc.constant(mqtt({ broker_url: `mqtts://user:${canary}@b` })),
      fc.constant({ code: canary, error: canary }),
      fc.constant({ error: { message: canary } }),
    )
    let issued = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...purposes),
        fc.oneof(
          bodies.map(text),
          bodies.map((body) => `${text(body)}, ${canary}`),
        ),
        fc.constantFrom(200, 201, 400, 401, 429, 500),
        (purpose, body, status) => {
          const { event, secret } = readAnswer(call(purpose), { status, retryAfterSeconds: null, body })
          if (secret !== null) issued += 1
          expect(JSON.stringify(event)).not.toContain(canary)
        },
      ),
      { numRuns: 500 },
    )
    expect(issued).toBeGreaterThan(0)
  })

  it('CORE-3 reading never throws, and an event always comes of it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...purposes),
        fc.integer({ min: 100, max: 599 }),
        fc.option(fc.double()),
        fc.oneof(fc.string(), fc.json(), fc.anything().map(text)),
        (purpose, status, retryAfterSeconds, body) => {
          const { event } = readAnswer(call(purpose), { status, retryAfterSeconds, body })
          expect(JSON.parse(JSON.stringify(event))).toEqual(event)
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** JSON text of anything, as far as there is one. */
function text(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined'
  } catch {
    return 'no json'
  }
}
