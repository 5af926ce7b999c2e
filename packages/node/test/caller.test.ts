import type { HttpsOutcome, HttpsRequest } from '@realer-device/host'
import { beforeAll, expect, test, vi } from 'vitest'
import { nodeCaller } from '../src/caller.ts'
import { readTrust } from '../src/trust.ts'
import { type Authority, createAuthority } from './authority.ts'
import { closedPort, startHttps } from './servers.ts'

let authority: Authority
beforeAll(async () => {
  authority = await createAuthority()
})

function call(port: number, given: Partial<HttpsRequest> = {}): Promise<HttpsOutcome> {
  const request = {
    method: 'GET',
    url: `https://127.0.0.1:${port}/path`,
    headers: {},
    body: null,
    timeoutMs: 30_000,
    ...given,
  }
  return new Promise((resolve) => {
    nodeCaller(readTrust(authority.caPem))(request, resolve)
  })
}

test('a port on which nothing listens is a network failure', async () => {
  expect(await call(await closedPort())).toMatchObject({
    ok: false,
    failure: 'network',
    detail: expect.stringContaining('ECONNREFUSED'),
  })
})

test.each([
  [
    'an authority that is not trusted',
    async () => (await createAuthority()).issue(),
    /UNABLE_TO|SELF_SIGNED|SIGNATURE/,
  ],
  ['a certificate that has expired', () => authority.issue({ expired: true }), /CERT_HAS_EXPIRED/],
  [
    'a certificate of another address',
    () => authority.issue({ address: '127.0.0.2' }),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  ],
])('AUTH-1: %s is called not at all, and the detail says why', async (_what, makeIdentity, code) => {
  let requests = 0
  const port = await startHttps(await makeIdentity(), () => {
    requests += 1
  })
  expect(await call(port)).toEqual({ ok: false, failure: 'tls', detail: expect.stringMatching(code) })
  expect(requests).toBe(0)
})

test('AUTH-1: the environment cannot turn the verification off', async () => {
  const port = await startHttps(await (await createAuthority()).issue(), (_request, response) =>
    response.end(),
  )
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    expect(await call(port)).toMatchObject({ ok: false, failure: 'tls' })
  } finally {
    vi.unstubAllEnvs()
  }
})

test('CRED-3: a header that cannot be sent is refused without its value', async () => {
  const outcome = await call(1, { headers: { authorization: 'Bearer canary\nsecret' } })
  expect(outcome).toEqual({
    ok: false,
    failure: 'malformed',
    detail: expect.stringContaining('authorization'),
  })
  expect(JSON.stringify(outcome)).not.toContain('canary')
})
