import { type Fault, type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bootstrap, postForm, requestCatalog, requestCredential, requestToken } from './test-device.ts'

let sandbox: Sandbox
let token: string
beforeEach(async () => {
  sandbox = await startSandbox()
  token = (await requestToken(sandbox)).json.access_token
})
afterEach(() => sandbox.stop())

const calls = {
  token: () => requestToken(sandbox),
  catalog: () => requestCatalog(sandbox, token),
  credential: () => requestCredential(sandbox, token, { device_id: sandbox.deviceId }),
  revoke: () => postForm(sandbox, '/oauth/revoke', { token: 'other' }),
}
const places = ['token', 'catalog', 'credential', 'revoke'] as const
const good = { token: 200, catalog: 200, credential: 201, revoke: 200 }

describe.each(places)('at %s', (at) => {
  it('answers as ordered, so many times, then well again', async () => {
    sandbox.faults.order({ at, answer: { status: 503, retryAfter: 7 }, times: 2 })
    for (const _ of [1, 2]) {
      const answer = await calls[at]()
      expect(answer.status).toBe(503)
      expect(answer.headers['retry-after']).toBe('7')
    }
    expect((await calls[at]()).status).toBe(good[at])
  })

  it('resets the connection', async () => {
    sandbox.faults.order({ at, do: 'reset' })
    await expect(calls[at]()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await sandbox.ledger.untilKind('http', ({ outcome }) => outcome === 'reset')).toMatchObject({
      purpose: at,
    })
    expect((await calls[at]()).status).toBe(good[at])
  })

  it('hangs until the faults are cleared', async () => {
    sandbox.faults.order({ at, do: 'hang' })
    const hanging = calls[at]().catch((error: NodeJS.ErrnoException) => error.code)
    await sandbox.ledger.untilKind('fault')
    // The other calls go on meanwhile.
    expect((await calls[at]()).status).toBe(good[at])
    sandbox.faults.clear()
    expect(await hanging).toBe('ECONNRESET')
  })

  it('answers late', async () => {
    sandbox.faults.order({ at, delayMs: 100 })
    const after = sandbox.ledger.lastNumber
    expect((await calls[at]()).status).toBe(good[at])
    const begin = await sandbox.ledger.untilKind('http-request', undefined, { after })
    const end = await sandbox.ledger.untilKind('http', undefined, { after })
    expect(end.atMs - begin.atMs).toBeGreaterThan(95)
  })

  it('answers with JSON cut short', async () => {
    sandbox.faults.order({ at, do: 'malformed' })
    const answer = await calls[at]()
    expect(answer.status).toBe(good[at])
    expect(answer.json).toBeUndefined()
  })
})

describe('refusals by order', () => {
  it('have the body code where one is ordered (CAT-6)', async () => {
    sandbox.faults.order({ at: 'credential', answer: { status: 403, code: 4003 } })
    expect((await calls.credential()).json).toMatchObject({ code: 4003 })
    sandbox.faults.order({ at: 'catalog', answer: { status: 200, code: 4002 } })
    expect((await calls.catalog()).json.code).toBe(4002)
    sandbox.faults.order({ at: 'catalog', answer: { status: 404 } })
    expect((await calls.catalog()).json).not.toHaveProperty('code')
  })

  it("have OAuth's error at the token endpoint (AUTH-6)", async () => {
    sandbox.faults.order({ at: 'token', answer: { status: 400, oauthError: 'invalid_scope' } })
    expect((await calls.token()).json.error).toBe('invalid_scope')
    sandbox.faults.order({ at: 'token', answer: { status: 401 } })
    expect((await calls.token()).json.error).toBe('invalid_client')
    const date = 'Wed, 29 Apr 2026 10:00:01 GMT'
    sandbox.faults.order({ at: 'token', answer: { status: 429, retryAfter: date } })
    expect((await calls.token()).headers['retry-after']).toBe(date)
  })
})

describe('patched bodies', () => {
  it('lack a field, or have another (CAT-7, CRED-6)', async () => {
    sandbox.faults.order({ at: 'catalog', patch: { delete: ['mqtt.broker_url', 'no.such.path'] } })
    const lacking = (await calls.catalog()).json
    expect(lacking.mqtt).not.toHaveProperty('broker_url')
    expect(lacking.mqtt).toHaveProperty('credential_endpoint')
    sandbox.faults.order({
      at: 'catalog',
      patch: { set: { 'mqtt.broker_url': 'mqtt://127.0.0.1:1883', 'mqtt_routes.0.source_type': 'odd' } },
    })
    const odd = (await calls.catalog()).json
    expect(odd.mqtt.broker_url).toBe('mqtt://127.0.0.1:1883')
    expect(odd.mqtt_routes[0].source_type).toBe('odd')
    sandbox.faults.order({ at: 'credential', patch: { set: { 'mqtt.renew_after': 9999 } } })
    expect((await calls.credential()).json.mqtt.renew_after).toBe(9999)
    expect((await calls.catalog()).json.mqtt.broker_url).toBe(sandbox.brokerUrl)
  })
})

describe('orders', () => {
  it('that make no sense are refused at once', () => {
    const wrong = [
      { at: 'nowhere', do: 'hang' },
      { at: 'token', do: 'swallow' },
      { at: 'connect', refuse: 0 },
      { at: 'token', delayMs: -1 },
      { at: 'token', do: 'hang', times: 0 },
      { at: 'token', do: 'hang', typo: 1 },
      { at: 'token' },
      null,
    ]
    for (const fault of wrong) {
      expect(() => sandbox.faults.order(fault as Fault)).toThrow(
        expect.objectContaining({ code: 'invalid-argument', field: 'fault' }),
      )
    }
    expect(sandbox.faults.outstanding).toBe(0)
  })

  it('are forgotten by clear', async () => {
    sandbox.faults.order({ at: 'token', do: 'reset', times: 5 })
    expect(sandbox.faults.outstanding).toBe(5)
    sandbox.faults.clear()
    expect((await calls.token()).status).toBe(200)
  })

  it('do not keep the sandbox from stopping', async () => {
    const other = await startSandbox()
    other.faults.order({ at: 'token', do: 'hang' })
    const hanging = requestToken(other).catch((error: NodeJS.ErrnoException) => error.code)
    await other.ledger.untilKind('fault')
    await other.stop()
    expect(await hanging).toBe('ECONNRESET')
  })
})

it('every call is entered when it comes and when it is answered (F-5)', async () => {
  const after = sandbox.ledger.lastNumber
  await bootstrap(sandbox)
  const entries = sandbox.ledger.entries.slice(after).filter(({ kind }) => kind.startsWith('http'))
  expect(entries).toMatchObject([
    { kind: 'http-request', purpose: 'token', call: 2 },
    { kind: 'http', purpose: 'token', call: 2, status: 200, outcome: 'answered' },
    { kind: 'http-request', purpose: 'catalog', call: 3 },
    { kind: 'http', purpose: 'catalog', call: 3, status: 200 },
    { kind: 'http-request', purpose: 'credential', call: 4 },
    { kind: 'http', purpose: 'credential', call: 4, status: 201 },
  ])
})
