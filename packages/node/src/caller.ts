import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { HttpsCaller, HttpsOutcome, HttpsRequest } from '@realer-device/host'
import { socketFailure } from './failure.ts'
import { retryAfterSeconds } from './retry-after.ts'
import type { TrustOptions } from './trust.ts'

/** The longest body of an answer that is read. */
export const MAXIMUM_BODY_BYTES = 1_048_576

type Failure = Extract<HttpsOutcome, { ok: false }>['failure']

/**
 * HTTPS over `node:https`: certificate and host name are verified always, no redirect is followed, an answer's body is
 * bounded. A connection a call: calls are rare, and a connection that was kept is often dead when it is needed.
 */
export function nodeCaller(trust: TrustOptions): HttpsCaller {
  return (call, finished) => {
    let over = false
    let sent: ClientRequest | null = null
    const deadline = setTimeout(
      () => fail('timeout', `no answer within ${call.timeoutMs} ms`),
      call.timeoutMs,
    )

    function abort(): void {
      over = true
      clearTimeout(deadline)
      sent?.destroy()
    }

    function finish(outcome: HttpsOutcome): void {
      if (over) return
      abort()
      finished(outcome)
    }

    function fail(failure: Failure, detail: string): void {
      finish({ ok: false, failure, detail })
    }

    function failed(error: Error): void {
      const { kind, detail } = socketFailure(error)
      fail(kind, detail)
    }

    if (!/^https:\/\//i.test(call.url)) {
      queueMicrotask(() => fail('malformed', 'the address is not https:'))
      return abort
    }
    sent = send(call, trust)
    sent.on('error', failed)
    sent.on('response', (response) => readBody(response, { finish, fail, failed }))
    return abort
  }
}

function send({ method, url, headers, body }: HttpsRequest, trust: TrustOptions): ClientRequest {
  const sent = request(url, {
    method,
    headers: { ...headers, ...(body !== null && { 'content-length': Buffer.byteLength(body) }) },
    ...trust,
    agent: false,
    // Said aloud, because the environment of Node could say otherwise.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  })
  sent.end(body ?? undefined)
  return sent
}

interface BodySink {
  finish(outcome: HttpsOutcome): void
  fail(failure: Failure, detail: string): void
  failed(error: Error): void
}

function readBody(response: IncomingMessage, { finish, fail, failed }: BodySink): void {
  const chunks: Uint8Array[] = []
  let length = 0
  response.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    if (length <= MAXIMUM_BODY_BYTES) chunks.push(chunk)
    else fail('malformed', `the answer's body is longer than ${MAXIMUM_BODY_BYTES} bytes`)
  })
  response.on('error', failed)
  response.on('end', () => {
    const status = response.statusCode ?? 0
    const retryAfter = retryAfterSeconds(response.headers['retry-after'], Date.now())
    try {
      const body = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
      finish({ ok: true, answer: { status, retryAfterSeconds: retryAfter, body } })
    } catch {
      fail('malformed', "the answer's body is not UTF-8")
    }
  })
}
