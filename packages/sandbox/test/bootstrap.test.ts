import { type Sandbox, SCOPES, type Scope, startSandbox } from '@realer-device/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  basic,
  bootstrap,
  call,
  connectDevice,
  feed,
  onlineDevice,
  postForm,
  reading,
  requestCatalog,
  requestCredential,
  requestToken,
} from './test-device.ts'

describe('the bootstrap over HTTPS', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ routes: { sensors: ['temperature'], commands: ['door', 'fan-1'] } })
  })
  afterAll(() => sandbox.stop())

  it('AUTH-2: the token endpoint answers HTTP Basic and a form with a Bearer token', async () => {
    const answer = await requestToken(sandbox, 'iot:catalog:read iot:mqtt:connect')
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      token_type: 'Bearer',
      expires_in: 3600,
      renew_after: 2700,
      scope: 'iot:catalog:read iot:mqtt:connect',
    })
  })

  it("AUTH-6: the token endpoint refuses in OAuth's error shape", async () => {
    const wrong = `Basic ${Buffer.from(`${sandbox.clientId}:no`).toString('base64')}`
    const form = { grant_type: 'client_credentials', scope: 'iot:catalog:read' }
    const cases = [
      { answer: await postForm(sandbox, '/oauth/token', form, wrong), status: 401, error: 'invalid_client' },
      {
        answer: await postForm(sandbox, '/oauth/token', form, 'Bearer x'),
        status: 401,
        error: 'invalid_client',
      },
      { answer: await postForm(sandbox, '/oauth/token', {}), status: 400, error: 'invalid_request' },
      {
        answer: await postForm(sandbox, '/oauth/token', { grant_type: 'password' }),
        status: 400,
        error: 'unsupported_grant_type',
      },
      {
        answer: await postForm(sandbox, '/oauth/token', { ...form, scope: 'iot:admin' }),
        status: 400,
        error: 'invalid_scope',
      },
      {
        answer: await call(
          sandbox,
          'POST',
          '/oauth/token',
          { authorization: basic(sandbox), 'content-type': 'application/json' },
          '{}',
        ),
        status: 400,
        error: 'invalid_request',
      },
    ]
    for (const { answer, status, error } of cases) {
      expect([answer.status, answer.json.error]).toEqual([status, error])
    }
  })

  it('CAT-1, CAT-3, CAT-5: the catalog names broker, topics, limits, credential request, and unknown fields', async () => {
    const token = (await requestToken(sandbox)).json.access_token
    const { status, json } = await requestCatalog(sandbox, token)
    expect(status).toBe(200)
    expect(json.code).toBe(2000)
    expect(json.mqtt).toMatchObject({
      broker_url: sandbox.brokerUrl,
      protocol: 'mqtt-5.0',
      client_id: sandbox.clientId,
      qos: 1,
      retain_policy: 'disabled',
      feed_data_ack_topic: `realer/iot/v1/devices/${sandbox.clientId}/acks`,
      limits: { max_inflight_messages: 20, keep_alive_seconds: 120 },
      x_sandbox_diagnostics: {},
      credential_endpoint: {
        endpoint: '/iot/v1/mqtt-credentials',
        http_method: 'POST',
        body: {
          device_id: 12345,
          scopes: [
            'iot:mqtt:connect',
            'iot:mqtt:ack:read',
            'iot:mqtt:feed-data:write',
            'iot:mqtt:desired:read',
          ],
        },
      },
    })
    expect(sandbox.clientId).toMatch(/^cdv_[0-9a-z]{26}$/)
    expect(json.mqtt_routes).toHaveLength(3)
    expect(json.mqtt_routes[0]).toMatchObject({
      source_type: 'sensor',
      mqtt: { feed_data_topic: feed(sandbox, 'temperature') },
    })
    expect(json.mqtt_routes[0].mqtt).not.toHaveProperty('desired_topic')
    expect(json.mqtt_routes[2].mqtt.desired_topic).toMatch(/\/routes\/rte_fan1[0-9a-z]{22}\/desired$/)
  })

  it('AUTH-3: without command routes the default credential request has no iot:mqtt:desired:read', async () => {
    const sensorsOnly = await startSandbox({ deviceId: 'cdv_x', routes: { sensors: ['a'], commands: [] } })
    try {
      const token = (await requestToken(sensorsOnly)).json.access_token
      const { body } = (await requestCatalog(sensorsOnly, token)).json.mqtt.credential_endpoint
      expect(body.device_id).toBe('cdv_x')
      expect(body.scopes).not.toContain('iot:mqtt:desired:read')
    } finally {
      await sensorsOnly.stop()
    }
  })

  it('CAT-6: status and body code agree in every refusal of the Bearer endpoints', async () => {
    const token = (await requestToken(sandbox)).json.access_token
    const noCatalog = (await requestToken(sandbox, 'iot:mqtt:connect')).json.access_token
    const noMqtt = (await requestToken(sandbox, 'iot:catalog:read')).json.access_token
    const device_id = sandbox.deviceId
    const cases = [
      [await requestCatalog(sandbox, 'nonsense'), 401, 4001],
      [await requestCatalog(sandbox, noCatalog), 403, 4003],
      [await requestCatalog(sandbox, token, 999), 404, 4004],
      [await requestCredential(sandbox, 'nonsense', { device_id }), 401, 4001],
      [await requestCredential(sandbox, noMqtt, { device_id }), 403, 4003],
      [await requestCredential(sandbox, token, { device_id: 999 }), 403, 4003],
      [await requestCredential(sandbox, token, '{'), 400, 4000],
      [await requestCredential(sandbox, token, { device_id, scopes: ['iot:mqtt:ack:read'] }), 422, 4022],
      [await requestCredential(sandbox, token, { device_id, scopes: ['iot:admin'] }), 422, 4022],
      [await requestCredential(sandbox, token, 'x'.repeat(20_000)), 413, 4013],
      [await call(sandbox, 'GET', '/no/such/thing'), 404, 4004],
    ] as const
    for (const [answer, status, code] of cases) {
      expect([answer.status, answer.json.code]).toEqual([status, code])
      expect(answer.json.message).toEqual(expect.any(String))
      expect(answer.text).not.toMatch(/\.ts|node_modules|at /)
    }
  })

  it('CRED-2, CRED-3: the tuple is returned once, not to be stored', async () => {
    const token = (await requestToken(sandbox)).json.access_token
    const answer = await requestCredential(sandbox, token, { device_id: sandbox.deviceId })
    expect(answer.status).toBe(201)
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
    expect(answer.json.code).toBe(2000)
    expect(answer.json.mqtt).toMatchObject({
      mqtt_client_id: sandbox.clientId,
      mqtt_username: expect.stringMatching(/^realer-cdv_[0-9a-z]{26}-cred-v\d+$/),
      mqtt_credential: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      expires_in: 3600,
      renew_after: 2700,
      session_hard_expires_in: 3600,
    })
  })

  it('CRED-4: the credential has the scopes asked for that the token has', async () => {
    const token = (await requestToken(sandbox, 'iot:mqtt:connect iot:mqtt:ack:read')).json.access_token
    const answer = await requestCredential(sandbox, token, { device_id: sandbox.deviceId })
    expect(answer.json.mqtt.scopes).toEqual(['iot:mqtt:connect', 'iot:mqtt:ack:read'])
  })

  it('CRED-4: a cloud that grants less than was asked for says so, and the broker holds the credential to it', async () => {
    const narrow: Scope[] = ['iot:mqtt:feed-data:write', 'iot:mqtt:connect']
    sandbox.setGrantedScopes(narrow)
    const token = (await requestToken(sandbox)).json.access_token
    const answer = await requestCredential(sandbox, token, { device_id: sandbox.deviceId })
    expect(answer.json.mqtt.scopes.sort()).toEqual(narrow.sort())
    const { acknowledgementTopic } = await bootstrap(sandbox)
    const device = await connectDevice(sandbox, answer.json.mqtt)
    expect(await device.subscribe(acknowledgementTopic)).toEqual([0x87])
    await device.disconnect()
    sandbox.setGrantedScopes(SCOPES)
    const wide = await requestCredential(sandbox, token, { device_id: sandbox.deviceId })
    expect(wide.json.mqtt.scopes).toContain('iot:mqtt:ack:read')
  })

  it('CAT-4: while credentials are not available, the catalog has no credential_endpoint', async () => {
    const token = (await requestToken(sandbox)).json.access_token
    sandbox.setCredentialsAvailable(false)
    expect((await requestCatalog(sandbox, token)).json.mqtt).not.toHaveProperty('credential_endpoint')
    expect((await requestCredential(sandbox, token, { device_id: sandbox.deviceId })).status).toBe(404)
    sandbox.setCredentialsAvailable(true)
    expect((await requestCatalog(sandbox, token)).json.mqtt).toHaveProperty('credential_endpoint')
  })

  it('AUTH-7: a revoked token is refused, its session closed with 0x87, and its tuples are void', async () => {
    const device = await onlineDevice(sandbox)
    const answer = await postForm(sandbox, '/oauth/revoke', { token: device.token })
    expect(answer.status).toBe(200)
    expect((await device.next('disconnect')).reasonCode).toBe(0x87)
    expect((await requestCatalog(sandbox, device.token)).status).toBe(401)
    const again = await connectDevice(sandbox, device.tuple)
    expect(again.connack.reasonCode).toBe(0x87)
    expect(sandbox.ledger.summary().revoked).toBe(true)
  })

  it('RFC 7009 2.2: revoking an unknown token is answered 200 and changes nothing', async () => {
    const device = await onlineDevice(sandbox)
    expect((await postForm(sandbox, '/oauth/revoke', { token: 'unknown' })).status).toBe(200)
    expect((await device.publish(feed(sandbox, 'temperature'), reading('still-1'))).reasonCode).toBe(0)
    await device.disconnect()
  })
})

describe('a token', () => {
  it('AUTH-4: is refused once expires_in has passed', async () => {
    const sandbox = await startSandbox({
      lifetimes: { tokenExpiresInSeconds: 0.001, tokenRenewAfterSeconds: 0.0005 },
    })
    try {
      const token = (await requestToken(sandbox)).json.access_token
      // The next HTTPS call takes longer than a millisecond: it is a TLS handshake of its own.
      expect((await requestCatalog(sandbox, token)).json.code).toBe(4001)
    } finally {
      await sandbox.stop()
    }
  })
})
