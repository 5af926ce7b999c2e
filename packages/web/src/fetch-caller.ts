import {
  type Clock,
  ConfigError,
  type HttpsCaller,
  type HttpsOutcome,
  type HttpsRequest,
  retryAfterSeconds,
} from '@realer-device/host'
import { readBody } from './answer-body.ts'
import { webClock } from './clock.ts'
import { failureOf } from './failure.ts'
import type { FetchLike } from './fetch-types.ts'
import { web } from './globals.ts'
import { requestFault } from './request-fault.ts'

/** What a caller over `fetch` is made of. */
export interface FetchCallerOptions {
  /** Default: the platform's own. Give one where an authority of yours is to be trusted, as Deno's `createHttpClient` does it. */
  readonly fetch?: FetchLike
  /** Default {@link webClock}. */
  readonly clock?: Clock
}

type Failed = Extract<HttpsOutcome, { ok: false }>

/**
 * HTTPS over `fetch`: no redirect is followed, nothing of a browser's state goes along (no cookies, no cache, no referrer),
 * and an answer's body is bounded. The platform verifies the server (AUTH-1).
 *
 * A browser shows only what CORS lets it: an answer of an API without CORS is the failure `network`, and `Retry-After` is
 * seen only where the API exposes it. A redirect that the platform hides is `malformed`.
 *
 * @throws {ConfigError} field `fetch`, where there is none
 */
export function fetchCaller(options: FetchCallerOptions = {}): HttpsCaller {
  const { fetch = web.fetch, clock = webClock } = options
  if (typeof fetch !== 'function')
    throw new ConfigError('fetch', 'This platform has no fetch: give one as the option fetch.')
  return (request, finished) => {
    let isOver = false
    const controller = new web.AbortController()
    const stopWaiting = clock.setTimer(request.timeoutMs, () =>
      finish(failure('timeout', `no answer within ${request.timeoutMs} ms`)),
    )

    function abort(): void {
      isOver = true
      stopWaiting()
      controller.abort()
    }

    function finish(outcome: HttpsOutcome): void {
      if (isOver) return
      abort()
      finished(outcome)
    }

    perform(fetch, request, controller.signal).then(finish, (error: unknown) => {
      const { kind, detail } = failureOf(error)
      finish(failure(kind, detail))
    })
    return abort
  }
}

/** Makes the request and reads its answer to the end. */
async function perform(fetch: FetchLike, request: HttpsRequest, signal: never): Promise<HttpsOutcome> {
  const { method, url, headers, body } = request
  const fault = requestFault(request)
  if (fault !== null) return failure('malformed', fault)
  const answer = await fetch(url, {
    method,
    headers,
    body,
    redirect: 'manual',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    signal,
  })
  if (answer.type === 'opaqueredirect')
    return failure('malformed', 'the server answered with a redirect, which is not followed')
  const read = await readBody(answer.body)
  if ('malformed' in read) return failure('malformed', read.malformed)
  const retryAfter = retryAfterSeconds(answer.headers.get('retry-after'), Date.now())
  return { ok: true, answer: { status: answer.status, retryAfterSeconds: retryAfter, body: read.text } }
}

function failure(kind: Failed['failure'], detail: string): Failed {
  return { ok: false, failure: kind, detail }
}
