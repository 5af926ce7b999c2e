import { ConfigError, readAnswer, readConfig } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { Scenario } from './support/scenario.ts'

const hour = 3_600_000

describe('AUTH-1 HTTPS and MQTT over TLS only', () => {
  it.each([
    'http://api.therealer.com',
    'mqtt://api.therealer.com',
    'ftp://x',
    'api.therealer.com',
    'https://',
    '',
  ])('the API address %j is refused before any byte is sent', (apiUrl) => {
    expect(() => readConfig({ deviceId: 1, apiUrl })).toThrow(ConfigError)
  })

  it.each(['mqtt://broker:1883', 'tcp://broker:8883', 'ws://broker', 'https://broker', 'broker:8883'])(
    'a catalog with the broker %j is refused, and names the field',
    (broker_url) => {
      const body = JSON.stringify({
        code: 2000,
        mqtt: { broker_url, client_id: 'cdv_a', feed_data_ack_topic: 'acks' },
        mqtt_routes: [],
      })
      const { event } = readAnswer(
        { call: 'call-1', purpose: 'catalog' },
        { status: 200, retryAfterSeconds: null, body },
      )
      expect(event).toMatchObject({ type: 'callFailed', failure: 'malformed', field: 'mqtt.broker_url' })
    },
  )

  it('every call of a whole life is https:, every connection mqtts:', () => {
    const device = new Scenario().goesOnline()
    device.fires('renewTuple').issuesToken().issuesTuple().closes(0)
    device.connects().subscribes().stops().closes().happens({ type: 'tokenRevoked' })
    expect(device.in('link')).toBe('stopped')
    expect(new Set(device.ever('call').map(({ url }) => new URL(url).protocol))).toEqual(new Set(['https:']))
    expect(new Set(device.ever('mqttConnect').map(({ url }) => new URL(url).protocol))).toEqual(
      new Set(['mqtts:']),
    )
    expect(device.ever('call').map(({ purpose }) => purpose)).toEqual([
      'token',
      'catalog',
      'credential',
      'token',
      'credential',
      'revoke',
    ])
  })
})

describe('AUTH-2 the token request', () => {
  it('is form-encoded client_credentials with HTTP Basic', () => {
    const device = new Scenario()
    expect(device.one('call')).toMatchObject({
      purpose: 'token',
      method: 'POST',
      url: 'https://api.therealer.com/oauth/token',
      authorization: { scheme: 'basic', secret: 'client' },
      body: { kind: 'form', fields: { grant_type: 'client_credentials' } },
    })
  })

  it('brings the Bearer token of the catalog and credential calls', () => {
    const device = new Scenario()
    const token = device.one('call').call
    device.issuesToken()
    expect(device.one('call').authorization).toEqual({ scheme: 'bearer', secret: token })
    device.readsCatalog()
    expect(device.one('call').authorization).toEqual({ scheme: 'bearer', secret: token })
  })
})

describe('AUTH-3 the scopes asked for', () => {
  const scopesOf = (device: Scenario) => {
    const { body } = device.one('call')
    return body.kind === 'form' ? String(body.fields.scope).split(' ') : []
  }

  it('are the catalog scope and the MQTT scopes that this firmware needs', () => {
    expect(scopesOf(new Scenario())).toEqual([
      'iot:catalog:read',
      'iot:mqtt:connect',
      'iot:mqtt:ack:read',
      'iot:mqtt:feed-data:write',
      'iot:mqtt:desired:read',
    ])
  })

  it('leave out iot:mqtt:desired:read when the device handles no commands', () => {
    expect(scopesOf(new Scenario({ commandRoutes: [] }))).not.toContain('iot:mqtt:desired:read')
  })

  it('never travel in MQTT packets', () => {
    const device = new Scenario().goesOnline().reports('m-1').desires('des_1', 1).finishes('des_1')
    const packets = [
      ...device.ever('mqttConnect'),
      ...device.ever('mqttSubscribe'),
      ...device.ever('mqttPublish'),
    ]
    expect(packets).toHaveLength(4)
    expect(JSON.stringify(packets)).not.toContain('iot:mqtt')
  })
})

describe('AUTH-4 a due token', () => {
  it('is renewed before the next HTTPS call that needs it', () => {
    const device = new Scenario().issuesToken(10 * hour, hour / 2).goesOnline()
    device.fires('renewTuple')
    expect(device.one('call').purpose).toBe('token')
    device.issuesToken()
    expect(device.one('call').purpose).toBe('credential')
  })

  it('is due at a fraction of expires_in where the answer has no renew_after', () => {
    const shortLived = new Scenario().issuesToken(hour, null).goesOnline()
    expect(shortLived.fires('renewTuple').one('call').purpose).toBe('token')
    const longLived = new Scenario().issuesToken(2 * hour, null).goesOnline()
    expect(longLived.fires('renewTuple').one('call').purpose).toBe('credential')
  })

  it('is due at its end at the latest, whatever renew_after says', () => {
    const device = new Scenario().issuesToken(hour / 2, 10 * hour).goesOnline()
    expect(device.fires('renewTuple').one('call').purpose).toBe('token')
  })

  it('is asked for once at a time: nothing starts another call while one is outstanding', () => {
    const device = new Scenario().goesOnline().fires('renewTuple')
    const { call } = device.one('call')
    device.closes().fires('reconnect').reports('m-1')
    expect(device.state.context.call?.id).toBe(call)
    expect(device.ever('call').at(-1)?.call).toBe(call)
  })

  it('the old token is forgotten when the new one comes', () => {
    const device = new Scenario().issuesToken(hour, 1000).goesOnline()
    const old = device.state.context.token?.secret
    device.fires('renewTuple').issuesToken()
    expect(device.one('forgetSecret').secret).toBe(old)
  })
})

describe('AUTH-5 a 401 on a catalog or credential call', () => {
  it('renews the token once and makes the call again', () => {
    const device = new Scenario().issuesToken().callIsRefused(401)
    expect(device.one('call').purpose).toBe('token')
    device.issuesToken()
    expect(device.one('call').purpose).toBe('catalog')
    device.readsCatalog().callIsRefused(401)
    expect(device.one('call').purpose).toBe('token')
    device.issuesToken()
    expect(device.one('call').purpose).toBe('credential')
  })

  it.each(['catalog', 'credential'])('a second one on the %s call is authorization refused', (purpose) => {
    const device = new Scenario().issuesToken()
    if (purpose === 'credential') device.readsCatalog()
    device.callIsRefused(401).issuesToken().callIsRefused(401)
    expect(device.in('authority')).toBe('refused')
    expect(device.did('call')).toEqual([])
    expect(device.diagnosed()).toContain('call-refused')
    expect(device.waits('retryCall')).toBe(300_000)
    expect(device.fires('retryCall').one('call').purpose).toBe('token')
  })

  it('one that comes after the calls were good again is a first one again', () => {
    const device = new Scenario()
      .issuesToken()
      .readsCatalog()
      .callIsRefused(401)
      .issuesToken(10 * hour)
      .goesOnline()
    device.fires('renewTuple').callIsRefused(401)
    expect(device.one('call').purpose).toBe('token')
  })

  it('after a refusal of the credential the next attempt reads the catalog again: it may offer less now', () => {
    const device = new Scenario().issuesToken().readsCatalog().callIsRefused(403, 4003)
    expect(device.fires('retryCall').one('call').purpose).toBe('catalog')
  })

  it('the body’s own 4001 counts as a 401 (CAT-6)', () => {
    const device = new Scenario().issuesToken().callIsRefused(200, 4001)
    expect(device.one('call').purpose).toBe('token')
  })
})

describe('AUTH-6 the token endpoint says no, or nothing', () => {
  it.each([400, 401])('HTTP %i is a refusal: slow retry, and the host stays safe', (status) => {
    const device = new Scenario().callIsRefused(status, 'invalid_client')
    expect(device.did('call')).toEqual([])
    expect(device.waits('retryCall')).toBe(300_000)
    expect(device.state.context.safe).not.toBeNull()
    expect(device.fires('retryCall').one('call').purpose).toBe('token')
  })

  it('429 waits as long as Retry-After asks', () => {
    const device = new Scenario().callFails('busy', 42_000)
    expect(device.waits('retryCall')).toBe(42_000)
  })

  it('a Retry-After of nothing does not shorten the backoff', () => {
    const device = new Scenario().callFails('busy', 0)
    expect(device.waits('retryCall')).toBe(1_000)
  })

  it.each(['network', 'tls', 'timeout', 'server'] as const)('a %s failure backs off', (failure) => {
    const device = new Scenario()
    device.random = 0.999
    const waits = [1, 2, 3, 4].map(() => {
      const wait = device.callFails(failure).waits('retryCall') ?? 0
      device.fires('retryCall')
      return wait
    })
    expect(waits).toEqual([1_999, 3_997, 7_993, 15_985])
  })

  it('a refused renewal leaves a good session alone (F-4)', () => {
    const device = new Scenario().goesOnline().fires('renewTuple').callIsRefused(400, 'invalid_client')
    expect(device.in('link')).toBe('online')
    expect(device.did('enterSafe')).toEqual([])
  })
})

describe('AUTH-7 revocation', () => {
  it('comes after the MQTT session was closed', () => {
    const device = new Scenario().goesOnline().stops()
    expect(device.did('call')).toEqual([])
    expect(device.one('mqttDisconnect').reasonCode).toBe(0)
    device.closes()
    const token = device.state.context.token?.secret
    expect(device.one('call')).toMatchObject({
      method: 'POST',
      url: 'https://api.therealer.com/oauth/revoke',
      body: { kind: 'form', fields: { token: { secret: token } } },
    })
    device.happens({ type: 'tokenRevoked' })
    expect(device.one('announceStopped')).toMatchObject({ revoked: true })
  })

  it.each(['callFailed', 'callRefused', 'call time-out', 'stop time-out'])(
    'a %s never blocks the shutdown',
    (obstacle) => {
      const timing = obstacle === 'call time-out' ? { stopTimeoutMs: 60_000 } : {}
      const device = new Scenario({ timing }).goesOnline().stops().closes()
      if (obstacle === 'callFailed') device.callFails()
      if (obstacle === 'callRefused') device.callIsRefused(400)
      if (obstacle === 'call time-out') device.fires('callTimeout')
      if (obstacle === 'stop time-out') device.fires('stopTimeout')
      expect(device.one('announceStopped')).toMatchObject({ revoked: false })
      expect(device.state.context.timers).toEqual({})
    },
  )

  it('is left out where there is no token', () => {
    const device = new Scenario().stops()
    expect(device.did('call')).toEqual([])
    expect(device.one('announceStopped')).toMatchObject({ revoked: false })
  })
})

describe('AUTH-8 the Bearer token is never the MQTT password', () => {
  it('the password is the secret of the credential call, and no MQTT effect refers to the token', () => {
    const device = new Scenario()
    const token = device.one('call').call
    device.issuesToken().readsCatalog()
    const credential = device.one('call').call
    device.goesOnline().reports('m-1')
    expect(device.ever('mqttConnect')[0]?.password).toEqual({ secret: credential })
    const packets = device.history.filter(({ type }) => type.startsWith('mqtt'))
    expect(packets.length).toBeGreaterThan(2)
    expect(JSON.stringify(packets)).not.toContain(`"${token}"`)
  })
})
