import { readAnswer } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { tupleAnswer } from './support/answers.ts'
import { allScopes, catalog, Scenario, topics } from './support/scenario.ts'

const read = (mqtt: object) =>
  readAnswer(
    { call: 'call-3', purpose: 'credential' },
    { status: 201, retryAfterSeconds: null, body: JSON.stringify({ code: 2000, mqtt }) },
  )

describe('CRED-1 the credential request', () => {
  it('is the catalog’s, with its method, path and body', () => {
    const device = new Scenario().issuesToken().readsCatalog()
    expect(device.one('call')).toMatchObject({
      purpose: 'credential',
      method: 'POST',
      url: 'https://api.therealer.com/iot/v1/mqtt-credentials',
      body: { kind: 'json', value: { device_id: 12345, scopes: allScopes } },
    })
  })

  it('has a narrower scope set where the host asks for it, iot:mqtt:connect always among them', () => {
    const device = new Scenario({ credentialScopes: ['iot:mqtt:feed-data:write'] })
      .issuesToken()
      .readsCatalog()
    expect(device.one('call').body).toEqual({
      kind: 'json',
      value: { device_id: 12345, scopes: ['iot:mqtt:connect', 'iot:mqtt:feed-data:write'] },
    })
  })
})

describe('CRED-2 the CONNECT tuple', () => {
  it('is read from a 201, seconds become milliseconds, unknown fields are ignored', () => {
    const plain = tupleAnswer().mqtt
    const { event } = read({ ...plain, diagnostics: { region: 'eu' } })
    expect(event).toEqual(read(plain).event)
    expect(event).toEqual({
      type: 'tupleIssued',
      call: 'call-3',
      clientId: plain.mqtt_client_id,
      username: plain.mqtt_username,
      scopes: plain.scopes,
      expiresInMs: 3_600_000,
      renewAfterMs: 2_700_000,
      sessionHardExpiresInMs: 3_600_000,
    })
  })

  const needed = Object.keys(tupleAnswer().mqtt).filter((name) => !/renew|hard/.test(name))
  it.each(needed)('without %s it is malformed, and the field is named', (field) => {
    const { event } = read({ ...tupleAnswer().mqtt, [field]: undefined })
    expect(event).toMatchObject({ type: 'callFailed', failure: 'malformed', field: `mqtt.${field}` })
  })
})

describe('CRED-3 the plaintext credential', () => {
  it('is beside the event and never in it', () => {
    const { event, secret } = read(tupleAnswer().mqtt)
    expect(secret).toEqual({ secret: 'call-3', value: 'plaintext-returned-once' })
    expect(JSON.stringify(event)).not.toContain('plaintext-returned-once')
  })

  it('is forgotten as soon as its tuple is replaced', () => {
    const device = new Scenario().goesOnline()
    const old = device.state.context.tuple?.secret
    device.fires('renewTuple').issuesToken().issuesTuple()
    expect(device.one('forgetSecret').secret).toBe(old)
  })

  it.each(['expiry', 'CONNACK 0x87', 'DISCONNECT 0x98', 'stop'])('is forgotten at %s', (end) => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple()
    const tuple = device.state.context.tuple?.secret ?? ''
    if (end === 'expiry') device.fires('expireTuple')
    if (end === 'CONNACK 0x87') device.refuses(0x87)
    if (end === 'DISCONNECT 0x98') device.connects().subscribes().closes(0x98)
    if (end === 'stop') device.stops()
    expect(device.did('forgetSecret').map(({ secret }) => secret)).toContain(tuple)
  })
})

describe('CRED-4 the scopes on the credential decide', () => {
  const withScopes = (...scopes: string[]) =>
    new Scenario()
      .issuesToken()
      .readsCatalog()
      .issuesTuple({ scopes: ['iot:mqtt:connect', ...scopes] })
      .connects()

  it('without iot:mqtt:desired:read no desired topic is subscribed to, whatever was asked for', () => {
    expect(withScopes('iot:mqtt:ack:read').one('mqttSubscribe').topics).toEqual([topics.acknowledgements])
  })

  it('without iot:mqtt:feed-data:write nothing is published, reports wait, and the host is told', () => {
    const device = withScopes('iot:mqtt:ack:read').reports('m-1').subscribes()
    expect(device.did('diagnose')).toMatchObject([
      { code: 'scope-missing', field: 'iot:mqtt:feed-data:write' },
    ])
    expect(device.ever('mqttPublish')).toEqual([])
    expect(device.ever('settleReport')).toEqual([])
    device.fires('renewTuple').issuesToken().issuesTuple().closes().connects().subscribes()
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1'])
  })

  it('with nothing to subscribe to, no SUBSCRIBE is sent and the session is online from CONNACK', () => {
    const device = withScopes('iot:mqtt:feed-data:write')
    expect(device.ever('mqttSubscribe')).toEqual([])
    expect(device.did('announceOnline')).toHaveLength(1)
    expect(device.reports('m-1').did('mqttPublish')).toHaveLength(1)
  })
})

describe('CRED-5 the lifetimes run from receipt on the monotonic clock', () => {
  it('both timers count from the moment of the answer, however long the call took', () => {
    const device = new Scenario().issuesToken().readsCatalog().passes(20_000).issuesTuple()
    expect(device.waits('renewTuple')).toBe(2_700_000)
    expect(device.waits('expireTuple')).toBe(3_600_000)
  })

  it('session_hard_expires_in ends it where it is sooner than expires_in (F-3)', () => {
    const device = new Scenario()
      .issuesToken()
      .readsCatalog()
      .issuesTuple({ sessionHardExpiresInMs: 3_000_000 })
    expect(device.waits('expireTuple')).toBe(3_000_000)
  })

  it('after a sleep past the end, the first event already finds the tuple gone (F-15, REN-5)', () => {
    const device = new Scenario()
      .goesOnline()
      .passes(10 * 3_600_000)
      .reports('m-1')
    expect(device.did('acceptReport')).toHaveLength(1)
    expect(device.ever('mqttPublish')).toEqual([])
    expect(device.one('enterSafe').reason).toBe('expired')
    expect(device.one('mqttDisconnect').reasonCode).toBe(0)
  })
})

describe('CRED-6 lifetimes that make no sense', () => {
  it.each([
    ['expires_in', 0],
    ['expires_in', -1],
    ['expires_in', 1e300],
    ['expires_in', '3600'],
  ])('%s of %j is refused', (field, value) => {
    expect(read({ ...tupleAnswer().mqtt, [field]: value }).event).toMatchObject({
      failure: 'malformed',
      field: `mqtt.${field}`,
    })
  })

  it.each([
    [3_600_000, 3_600_000, 2_700_000],
    [9_999_000, 3_600_000, 2_700_000],
    [10, 3_600_000, 1_000],
    [2_700_000, 1_000, 750],
  ])(
    'renew_after of %i ms in a life of %i ms becomes %i ms, with a diagnostic',
    (renewAfterMs, expiresInMs, used) => {
      const device = new Scenario().issuesToken().readsCatalog().issuesTuple({ renewAfterMs, expiresInMs })
      expect(device.waits('renewTuple')).toBe(used)
      expect(device.diagnosed()).toEqual(['tuple-lifetime-clamped'])
    },
  )

  it.each([0, -1, null, undefined, '2700', 1e300])('renew_after of %j is clamped, and told', (value) => {
    const { event } = read({ ...tupleAnswer().mqtt, renew_after: value })
    expect(event).toMatchObject({ type: 'tupleIssued', renewAfterMs: null })
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple({ renewAfterMs: null })
    expect(device.waits('renewTuple')).toBe(2_700_000)
    expect(device.one('diagnose')).toMatchObject({ code: 'tuple-lifetime-clamped', field: 'renew_after' })
  })

  it.each([0, -1, null, undefined, '3600'])(
    'session_hard_expires_in of %j leaves expires_in alone to count, and is told',
    (value) => {
      const { event } = read({ ...tupleAnswer().mqtt, session_hard_expires_in: value })
      expect(event).toMatchObject({ type: 'tupleIssued', sessionHardExpiresInMs: null })
      const device = new Scenario().issuesToken().readsCatalog().issuesTuple({ sessionHardExpiresInMs: null })
      expect(device.waits('expireTuple')).toBe(3_600_000)
      expect(device.one('diagnose')).toMatchObject({ field: 'session_hard_expires_in', rule: 'CRED-6' })
    },
  )

  it.each([60_000, 2_700_000, 3_599_000])(
    'renew_after of %i ms in an hour makes sense: it is taken as it is (REN-1), without a diagnostic',
    (renewAfterMs) => {
      const device = new Scenario().issuesToken().readsCatalog().issuesTuple({ renewAfterMs })
      expect(device.waits('renewTuple')).toBe(renewAfterMs)
      expect(device.diagnosed()).toEqual([])
    },
  )

  it('a limit of the catalog changes nothing about them', () => {
    const device = new Scenario().issuesToken().readsCatalog({ limits: catalog.limits }).issuesTuple()
    expect(device.state.context.tuple?.expiresAt).toBe(device.now + 3_600_000)
  })
})
