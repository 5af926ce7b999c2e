import type { Clock, HttpsCaller, HttpsOutcome, HttpsRequest } from '@realer-device/host'
import type { BrokenPart } from './breaches.ts'
import type { Flaw } from './fake-https.ts'

/** Callers made of a good one, each with one fault. */
export function brokenCallers(
  make: (flaws?: readonly Flaw[]) => HttpsCaller,
  clock: Clock,
): BrokenPart<HttpsCaller>[] {
  const good = make()
  const broken = (clause: string, does: string, part: HttpsCaller) => ({ clause, does, part })
  const flawed = (clause: string, does: string, flaw: Flaw) => broken(clause, does, make([flaw]))

  /** Changes what is sent. */
  const asking = (change: (request: HttpsRequest) => Partial<HttpsRequest>): HttpsCaller => {
    return (request, finished) => good({ ...request, ...change(request) }, finished)
  }
  /** Changes what is told. */
  const telling = (change: (outcome: HttpsOutcome, request: HttpsRequest) => HttpsOutcome): HttpsCaller => {
    return (request, finished) => good(request, (outcome) => finished(change(outcome, request)))
  }
  type Failure = Extract<HttpsOutcome, { ok: false }>['failure']
  const renaming = (from: Failure, to: Failure): HttpsCaller =>
    telling((outcome) => (!outcome.ok && outcome.failure === from ? { ...outcome, failure: to } : outcome))

  return [
    flawed('CALL-1', 'throws at an address that is nonsense', 'throwsAtNonsense'),
    broken('CALL-1', 'gives back nothing to end the request with', (request, finished) => {
      good(request, finished)
      return undefined as unknown as () => void
    }),
    broken('CALL-2', 'finishes twice', (request, finished) =>
      good(request, (outcome) => {
        finished(outcome)
        clock.setTimer(1, () => finished(outcome))
      }),
    ),
    flawed('CALL-3', 'tells of a malformed request before the call returns', 'tellsWithinTheCall'),
    broken('CALL-3', 'tells from inside the call that ends the request', (request, finished) => {
      const abort = good(request, finished)
      return () => {
        abort()
        finished({ ok: false, failure: 'network', detail: 'it was aborted' })
      }
    }),
    flawed('CALL-4', 'tells that a request was ended by its caller', 'tellsAfterAbort'),
    flawed('CALL-4', 'leaves the connection open when the request is ended', 'keepsConnectionAtAbort'),
    broken(
      'CALL-5',
      'sends no Authorization',
      asking(({ headers: { authorization: _, ...headers } }) => ({ headers })),
    ),
    broken(
      'CALL-5',
      'loses the query',
      asking(({ url }) => ({ url: url.replace(/\?.*/, '') })),
    ),
    broken(
      'CALL-5',
      'sends a body in Latin-1',
      asking(({ body }) => ({ body: body === null ? null : body.replace(/[^\x20-\xff]/g, '?') })),
    ),
    broken(
      'CALL-5',
      'sends a GET for every method',
      asking(() => ({ method: 'GET' })),
    ),
    broken(
      'CALL-5',
      'sends null where there is no body',
      asking(({ body }) => ({ body: String(body) })),
    ),
    broken(
      'CALL-6',
      'calls an answer of 400 or more a failure',
      telling((outcome) =>
        outcome.ok && outcome.answer.status >= 400
          ? { ok: false, failure: 'network', detail: `status ${outcome.answer.status}` }
          : outcome,
      ),
    ),
    broken(
      'CALL-6',
      'tidies the body',
      telling((outcome) =>
        outcome.ok
          ? { ok: true, answer: { ...outcome.answer, body: outcome.answer.body.replaceAll('"', '') } }
          : outcome,
      ),
    ),
    flawed('CALL-7', 'follows redirects', 'followsRedirects'),
    broken(
      'CALL-8',
      'calls a redirect a failure',
      telling((outcome) =>
        outcome.ok && Math.floor(outcome.answer.status / 100) === 3
          ? { ok: false, failure: 'malformed', detail: 'a redirect' }
          : outcome,
      ),
    ),
    flawed('CALL-9', 'reads a body of any length', 'readsWithoutABound'),
    broken(
      'CALL-9',
      'counts letters for bytes',
      telling((outcome) =>
        outcome.ok && outcome.answer.body.length > 500_000
          ? { ok: false, failure: 'malformed', detail: 'the body is too long' }
          : outcome,
      ),
    ),
    flawed('CALL-10', 'mends what is not UTF-8', 'mendsBrokenText'),
    flawed('CALL-11', 'bounds the time to the head of the answer only', 'boundsTheHeadOnly'),
    broken(
      'CALL-11',
      'waits without an end',
      asking(() => ({ timeoutMs: 2 ** 31 - 1 })),
    ),
    broken(
      'CALL-11',
      'gives up too soon',
      asking(({ timeoutMs }) => ({ timeoutMs: timeoutMs / 2 })),
    ),
    flawed('CALL-12', 'knows Retry-After in seconds only', 'readsNoDates'),
    broken(
      'CALL-12',
      'reads what it can of any Retry-After',
      telling((outcome) =>
        outcome.ok
          ? {
              ok: true,
              answer: { ...outcome.answer, retryAfterSeconds: outcome.answer.retryAfterSeconds ?? 0 },
            }
          : outcome,
      ),
    ),
    flawed('CALL-13', 'takes a plain http: address', 'takesPlainHttp'),
    flawed('CALL-13', 'takes an address with a user in it', 'takesUsers'),
    flawed('CALL-14', 'sends a header that is not well-formed', 'mendsHeaders'),
    broken(
      'CALL-14',
      'takes an empty method for GET',
      asking(({ method }) => ({ method: method || 'GET' })),
    ),
    flawed('CALL-15', 'trusts any certificate', 'trustsAnyone'),
    flawed('CALL-16', 'looks at no name of a certificate', 'trustsAnyone'),
    broken(
      'CALL-17',
      'calls a certificate that is not trusted a failure of the network',
      renaming('tls', 'network'),
    ),
    broken('CALL-18', 'calls a server that is not there a time-out', renaming('network', 'timeout')),
    flawed('CALL-19', 'takes half an answer for a whole one', 'takesHalfAnswers'),
    broken(
      'CALL-20',
      'quotes the request in its failures',
      telling((outcome, request) => (outcome.ok ? outcome : { ...outcome, detail: JSON.stringify(request) })),
    ),
    broken(
      'CALL-20',
      'says nothing in its failures',
      telling((outcome) => (outcome.ok ? outcome : { ...outcome, detail: '' })),
    ),
    broken('CALL-21', 'tells the last request what comes for any', sharingCaller(good)),
  ]
}

function sharingCaller(good: HttpsCaller): HttpsCaller {
  let waiting: ((outcome: HttpsOutcome) => void)[] = []
  return (request, finished) => {
    waiting.push(finished)
    const abort = good(request, (outcome) => waiting.shift()?.(outcome))
    return () => {
      waiting = waiting.filter((one) => one !== finished)
      abort()
    }
  }
}
