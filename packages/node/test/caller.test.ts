import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpsOutcome, HttpsRequest } from '@realer-device/host'
import { beforeAll, expect, test, vi } from 'vitest'
import { MAXIMUM_BODY_BYTES, nodeCaller } from '../src/caller.ts'
import { readTrust } from '../src/trust.ts'
import { type Authority, createAuthority } from './authority.ts'
import { closedPort, startHttps, startTcp } from './servers.ts'

let authority: Authority
let identity: { key: string; cert: string }
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
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
    let inside = true
    nodeCaller(readTrust(authority.caPem))(request, (outcome) => {
      // The contract: nothing is told from inside the call.
      expect(inside).toBe(false)
      resolve(outcome)
    })
    inside = false
  })
}

const serve = (onRequest: (request: IncomingMessage, response: ServerResponse) => void) =>
  startHttps(identity, onRequest)

test('a request arrives as it was asked for, and its answer comes back', async () => {
  const seen: unknown[] = []
  const port = await serve(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { method, url, headers } = request
    seen.push({ method, url, authorization: headers.authorization, length: headers['content-length'], body })
    response.writeHead(201, { 'retry-after': '7' }).end('{"name":"Zürich"}')
  })
  const outcome = await call(port, { method: 'POST', headers: { authorization: 'Bearer t' }, body: 'wörter' })
  expect(seen).toEqual([
    { method: 'POST', url: '/path', authorization: 'Bearer t', length: '7', body: 'wörter' },
  ])
  expect(outcome).toEqual({
    ok: true,
    answer: { status: 201, retryAfterSeconds: 7, body: '{"name":"Zürich"}' },
  })
})

test('a redirect is an answer, and is not followed', async () => {
  let requests = 0
  const port = await serve((_request, response) => {
    requests += 1
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  expect(await call(port)).toMatchObject({ ok: true, answer: { status: 302 } })
  expect(requests).toBe(1)
})

test('a body at the bound is read, and a longer one is refused (CORE-5)', async () => {
  const port = await serve((request, response) => {
    response.end(Buffer.alloc(request.url === '/long' ? MAXIMUM_BODY_BYTES + 1 : MAXIMUM_BODY_BYTES, 'x'))
  })
  const atBound = await call(port)
  expect(atBound.ok && atBound.answer.body.length).toBe(MAXIMUM_BODY_BYTES)
  const long = await call(port, { url: `https://127.0.0.1:${port}/long` })
  expect(long).toEqual({ ok: false, failure: 'malformed', detail: expect.stringContaining('1048576') })
})

test('a body that is not UTF-8 is malformed', async () => {
  const port = await serve((_request, response) => response.end(Buffer.from([0xc3, 0x28])))
  expect(await call(port)).toMatchObject({ ok: false, failure: 'malformed' })
})

test.each([
  ['says nothing at all', (_response: ServerResponse) => {}],
  ['stops in the middle of its body', (response: ServerResponse) => void response.write('{')],
])('a server that %s is given up', async (_what, answer) => {
  const port = await serve((_request, response) => answer(response))
  expect(await call(port, { timeoutMs: 200 })).toEqual({
    ok: false,
    failure: 'timeout',
    detail: expect.stringContaining('200 ms'),
  })
})

test('a server that accepts and never shakes hands is given up', async () => {
  expect(await call(await startTcp(), { timeoutMs: 50 })).toMatchObject({ ok: false, failure: 'timeout' })
})

test('a connection that is cut in the middle of the body is a network failure', async () => {
  const port = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => response.socket?.destroy())
  })
  expect(await call(port)).toMatchObject({ ok: false, failure: 'network' })
})

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

test('AUTH-1: a plain http: address is refused before a byte is sent', async () => {
  let connections = 0
  const port = await startTcp(() => {
    connections += 1
  })
  expect(await call(port, { url: `http://127.0.0.1:${port}/` })).toMatchObject({
    ok: false,
    failure: 'malformed',
  })
  expect(connections).toBe(0)
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

test('an aborted request ends at once, and nothing is told', async () => {
  let arrived: (request: IncomingMessage) => void = () => {}
  const arrival = new Promise<IncomingMessage>((resolve) => {
    arrived = resolve
  })
  const port = await serve((request) => arrived(request))
  const outcomes: HttpsOutcome[] = []
  const request = {
    method: 'GET',
    url: `https://127.0.0.1:${port}/`,
    headers: {},
    body: null,
    timeoutMs: 30_000,
  }
  const abort = nodeCaller(readTrust(authority.caPem))(request, (outcome) => outcomes.push(outcome))
  const { socket } = await arrival
  abort()
  abort()
  if (!socket.destroyed) await once(socket, 'close')
  expect(outcomes).toEqual([])
})
