import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type HttpsCaller,
  type HttpsOutcome,
  type HttpsRequest,
  LARGEST_BODY_BYTES,
} from '@realer-device/host'
import { beforeAll, describe, expect, test } from 'vitest'
import { createManualClock } from '../../../test/support/manual-clock.ts'
import { type Authority, createAuthority } from '../../node/test/authority.ts'
import { closedPort, startHttps, startTcp } from '../../node/test/servers.ts'
import { type FetchAnswer, type FetchInit, fetchCaller } from '../src/index.ts'
import { promise } from './recorder.ts'
import { trustingFetch } from './trust.ts'

let authority: Authority
let identity: { key: string; cert: string }
let caller: HttpsCaller
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
  caller = fetchCaller({ fetch: trustingFetch(authority.caPem) })
})

function ask(through: HttpsCaller, given: Partial<HttpsRequest>): Promise<HttpsOutcome> {
  const request = { method: 'GET', url: '', headers: {}, body: null, timeoutMs: 30_000, ...given }
  return new Promise((resolve) => {
    let isInside = true
    through(request, (outcome) => {
      // The contract: nothing is told from inside the call.
      expect(isInside).toBe(false)
      resolve(outcome)
    })
    isInside = false
  })
}

const call = (port: number, given: Partial<HttpsRequest> = {}) =>
  ask(caller, { url: `https://127.0.0.1:${port}/path`, ...given })

const serve = (onRequest: (request: IncomingMessage, response: ServerResponse) => void) =>
  startHttps(identity, onRequest)

describe('over real HTTPS', () => {
  test('a request arrives as it was asked for, and its answer comes back', async () => {
    const seen: unknown[] = []
    const port = await serve(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const { method, url, headers } = request
      seen.push({
        method,
        url,
        authorization: headers.authorization,
        length: headers['content-length'],
        body,
      })
      expect(headers).not.toHaveProperty('cookie')
      expect(headers).not.toHaveProperty('referer')
      response.writeHead(201, { 'retry-after': '7' }).end('{"name":"Zürich"}')
    })
    const outcome = await call(port, {
      method: 'POST',
      headers: { authorization: 'Bearer t' },
      body: 'wörter',
    })
    expect(seen).toEqual([
      { method: 'POST', url: '/path', authorization: 'Bearer t', length: '7', body: 'wörter' },
    ])
    expect(outcome).toEqual({
      ok: true,
      answer: { status: 201, retryAfterSeconds: 7, body: '{"name":"Zürich"}' },
    })
  })

  test('an answer without a body is an empty text', async () => {
    const port = await serve((_request, response) => response.writeHead(204).end())
    expect(await call(port)).toEqual({ ok: true, answer: { status: 204, retryAfterSeconds: null, body: '' } })
  })

  test('a redirect is an answer where the platform shows it, and is not followed', async () => {
    let requests = 0
    const port = await serve((_request, response) => {
      requests += 1
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    expect(await call(port)).toMatchObject({ ok: true, answer: { status: 302 } })
    expect(requests).toBe(1)
  })

  test('a body at the bound is read, and a longer one is refused before its end (CORE-5)', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/long') response.write(Buffer.alloc(LARGEST_BODY_BYTES + 1, 'x'))
      else response.end(Buffer.alloc(LARGEST_BODY_BYTES, 'x'))
    })
    const atBound = await call(port)
    expect(atBound.ok && atBound.answer.body.length).toBe(LARGEST_BODY_BYTES)
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
    ['an authority that is not trusted', async () => (await createAuthority()).issue()],
    ['a certificate that has expired', () => authority.issue({ expired: true })],
    ['a certificate of another address', () => authority.issue({ address: '127.0.0.2' })],
  ])('AUTH-1: %s is called not at all, and the detail says why', async (_what, makeIdentity) => {
    let requests = 0
    const port = await startHttps(await makeIdentity(), () => {
      requests += 1
    })
    expect(await call(port)).toEqual({
      ok: false,
      failure: 'tls',
      detail: expect.stringMatching(/CERT|SIGNATURE|ISSUER/),
    })
    expect(requests).toBe(0)
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

  test.each(['Bearer canary\nsecret', 'Bearer canary\0', 'Bearer canary\u{1f511}'])(
    'CRED-3: the header %j, which cannot be sent, is refused without its value',
    async (authorization) => {
      const outcome = await call(1, { headers: { authorization } })
      expect(outcome).toEqual({
        ok: false,
        failure: 'malformed',
        detail: expect.stringContaining('authorization'),
      })
      expect(JSON.stringify(outcome)).not.toContain('canary')
    },
  )

  test('a GET with a body, which fetch has not, is refused as such', async () => {
    expect(await call(1, { body: 'wörter' })).toEqual({
      ok: false,
      failure: 'malformed',
      detail: expect.stringContaining('no body with GET'),
    })
  })

  test('an aborted request ends at once, and nothing is told', async () => {
    const arrival = promise<IncomingMessage>()
    const port = await serve(arrival.resolve)
    const outcomes: HttpsOutcome[] = []
    const url = `https://127.0.0.1:${port}/`
    const abort = caller({ method: 'GET', url, headers: {}, body: null, timeoutMs: 30_000 }, (outcome) =>
      outcomes.push(outcome),
    )
    const { socket } = await arrival.promise
    abort()
    abort()
    if (!socket.destroyed) await once(socket, 'close')
    expect(outcomes).toEqual([])
  })
})

describe('over a fetch in the hand', () => {
  const answer = (given: Partial<FetchAnswer>): FetchAnswer => ({
    status: 200,
    type: 'cors',
    headers: { get: () => null },
    body: null,
    ...given,
  })
  const url = 'https://api.example/'

  test("nothing of a browser's state goes along: no cookie, no cache, no referrer; and no redirect is followed", async () => {
    const inits: FetchInit[] = []
    const through = fetchCaller({
      async fetch(_url, init) {
        inits.push(init)
        return answer({})
      },
    })
    await ask(through, { url })
    expect(inits).toMatchObject([
      { redirect: 'manual', credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' },
    ])
  })

  test('a redirect that the platform hides is malformed', async () => {
    const through = fetchCaller({ fetch: async () => answer({ type: 'opaqueredirect', status: 0 }) })
    expect(await ask(through, { url })).toEqual({
      ok: false,
      failure: 'malformed',
      detail: expect.stringContaining('redirect'),
    })
  })

  test('REC-2: Retry-After as an HTTP date is seconds from now', async () => {
    const headers = { get: () => 'Wed, 29 Apr 2020 10:00:00 GMT' }
    const through = fetchCaller({ fetch: async () => answer({ status: 503, headers }) })
    expect(await ask(through, { url })).toMatchObject({ answer: { status: 503, retryAfterSeconds: 0 } })
  })

  test("a browser's failure, which says nothing, is of the network; a platform that throws is heard too", async () => {
    const rejects = fetchCaller({ fetch: () => Promise.reject(new TypeError('Failed to fetch')) })
    expect(await ask(rejects, { url })).toMatchObject({
      failure: 'network',
      detail: 'TypeError: Failed to fetch',
    })
    const throws = fetchCaller({
      fetch() {
        throw new Error('invalid peer certificate: UnknownIssuer')
      },
    })
    expect(await ask(throws, { url })).toMatchObject({ failure: 'tls' })
  })

  test('what comes after the bound is not told, and the request was ended', async () => {
    const clock = createManualClock()
    const late = promise<FetchAnswer>()
    const signals: { aborted: boolean }[] = []
    const through = fetchCaller({
      clock,
      fetch(_url, { signal }) {
        signals.push(signal)
        return late.promise
      },
    })
    const outcome = ask(through, { url, timeoutMs: 5_000 })
    clock.moveTo(4_999)
    expect(signals).toMatchObject([{ aborted: false }])
    clock.moveTo(5_000)
    late.resolve(answer({}))
    expect(await outcome).toMatchObject({ failure: 'timeout' })
    expect(signals).toMatchObject([{ aborted: true }])
    expect(clock.dueTimes()).toEqual([])
  })

  test('a platform without fetch is told by the name of the field', () => {
    expect(() => fetchCaller({ fetch: null as never })).toThrow(expect.objectContaining({ field: 'fetch' }))
  })
})
