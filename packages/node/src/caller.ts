import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import {
  type HttpsCaller,
  type HttpsOutcome,
  type HttpsRequest,
  LARGEST_BODY_BYTES,
  retryAfterSeconds,
} from '@realer-device/host'
import { socketFailure } from './failure.ts'
import type { TrustOptions } from './trust.ts'

type Failure = Extract<HttpsOutcome, { ok: false }>['failure']

/**
 * HTTPS over `node:https`: certificate and host name are verified always, no redirect is followed, an answer's body is
 * bounded. A connection a call: calls are rare, and a connection that was kept is often dead when it is needed.
 */
export function nodeCaller(trust: TrustOptions): HttpsCaller {
  return (call, finished) => {
    let over = false
    const sent = trySending(call, trust)
    const deadline = setTimeout(
      () => fail('timeout', `no answer within ${call.timeoutMs} ms`),
      call.timeoutMs,
    )

    function abort(): void {
      over = true
      clearTimeout(deadline)
      if (sent.ok) sent.request.destroy()
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

    if (sent.ok) {
      sent.request.on('error', failed)
      sent.request.on('response', (response) => readBody(response, { finish, fail, failed }))
    } else queueMicrotask(() => fail('malformed', sent.detail))
    return abort
  }
}

type Sent =
  | { readonly ok: true; readonly request: ClientRequest }
  | { readonly ok: false; readonly detail: string }

/** The form of a method (RFC 9110 section 9.1). Node itself takes an empty one for GET. */
const METHOD = /^[\w!#$%&'*+.^`|~-]+$/

/** Sends a request that can be sent: over HTTPS only (AUTH-1), to an address and with headers that are well-formed. */
function trySending({ method, url, headers, body }: HttpsRequest, trust: TrustOptions): Sent {
  if (!isHttps(url)) return { ok: false, detail: 'the address is not https://, or it is not well-formed' }
  if (!METHOD.test(method)) return { ok: false, detail: 'the method is not well-formed' }
  try {
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
    return { ok: true, request: sent }
  } catch (error) {
    // Node names the header or the fault, and quotes no value.
    return { ok: false, detail: `the request cannot be sent: ${error instanceof Error ? error.message : ''}` }
  }
}

/** Whether it is an `https:` address, and without a user or a password: those have no place in one. */
function isHttps(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return protocol === 'https:' && username === '' && password === ''
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
    if (length <= LARGEST_BODY_BYTES) chunks.push(chunk)
    else fail('malformed', `the answer's body is longer than ${LARGEST_BODY_BYTES} bytes`)
  })
  response.on('error', failed)
  response.on('end', () => {
    const status = response.statusCode ?? 0
    const retryAfter = retryAfterSeconds(response.headers['retry-after'], Date.now())
    const body = decodeUtf8(Buffer.concat(chunks))
    if (body === null) fail('malformed', "the answer's body is not UTF-8")
    else finish({ ok: true, answer: { status, retryAfterSeconds: retryAfter, body } })
  })
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
