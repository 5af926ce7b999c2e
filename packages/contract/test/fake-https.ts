import type { CallerSetup, ListenForRequests, Responder } from '@realer-device/contract'
import { type Clock, type HttpsCaller, type HttpsOutcome, LARGEST_BODY_BYTES } from '@realer-device/host'

/** What a caller of this file does wrong; each is a thing that HTTP clients do. */
export type Flaw =
  | 'throwsAtNonsense'
  | 'tellsWithinTheCall'
  | 'tellsAfterAbort'
  | 'keepsConnectionAtAbort'
  | 'followsRedirects'
  | 'readsWithoutABound'
  | 'mendsBrokenText'
  | 'boundsTheHeadOnly'
  | 'readsNoDates'
  | 'takesPlainHttp'
  | 'takesUsers'
  | 'mendsHeaders'
  | 'trustsAnyone'
  | 'takesHalfAnswers'

type FailureOf = 'refuse' | 'untrusted' | 'wrongName' | 'noTls' | 'silent'
type Failure = Extract<HttpsOutcome, { ok: false }>['failure']

interface Place {
  readonly fault: FailureOf | null
  readonly accept: Parameters<ListenForRequests>[0]
  connections: number
}

interface Wire {
  onHead(status: number, headers: { readonly [name: string]: string }): void
  onBytes(bytes: Uint8Array): void
  onEnd(): void
  onFailed(failure: Failure, detail: string): void
}

/** HTTPS without sockets: servers at addresses, and a caller that keeps the contract but for its flaws. */
export function createFakeHttps(clock: Clock): {
  readonly setup: CallerSetup
  caller(flaws?: readonly Flaw[]): HttpsCaller
} {
  const places = new Map<string, Place>()
  let listeners = 0

  const listen =
    (fault: FailureOf | null): ListenForRequests =>
    async (accept) => {
      const host = `fake-${++listeners}.example`
      const place: Place = { fault, accept, connections: 0 }
      places.set(host, place)
      return {
        origin: `https://${host}`,
        connections: () => place.connections,
        stop: () => void places.delete(host),
      }
    }

  /** Sends a request; returns what ends the connection. Everything comes on a turn of its own. */
  function send(
    request: Parameters<HttpsCaller>[0],
    url: URL,
    trustsAnyone: boolean,
    wire: Wire,
  ): () => void {
    let isOver = false
    let onGone = (): void => {}
    const soon = (act: () => void): void =>
      void clock.setTimer(1, () => {
        if (!isOver) act()
      })
    const last = (act: () => void): void =>
      soon(() => {
        isOver = true
        act()
      })
    const responder: Responder = {
      head: (status, headers) => soon(() => wire.onHead(status, headers)),
      write: (bytes) => soon(() => wire.onBytes(bytes)),
      end: () => last(() => wire.onEnd()),
      cut: () => last(() => wire.onFailed('network', 'the connection broke')),
    }
    soon(() => {
      const place = places.get(url.host)
      if (place === undefined) return wire.onFailed('network', 'the connection was refused')
      place.connections += 1
      if (place.fault === 'silent') return
      if (place.fault !== null && !trustsAnyone) return wire.onFailed('tls', `not verified: ${place.fault}`)
      const seen = {
        method: request.method,
        path: url.pathname + url.search,
        headers: request.headers,
        body: new TextEncoder().encode(request.body ?? ''),
      }
      ;({ onGone } = place.accept(seen, responder))
    })
    return () => {
      if (isOver) return
      isOver = true
      clock.setTimer(1, onGone)
    }
  }

  function caller(flaws: readonly Flaw[] = []): HttpsCaller {
    const has = (flaw: Flaw): boolean => flaws.includes(flaw)
    return (request, finished) => {
      let isOver = false
      let endConnection = (): void => {}
      const cancelDeadline = clock.setTimer(request.timeoutMs, () => fail('timeout', 'no answer in time'))

      function finish(outcome: HttpsOutcome): void {
        if (isOver) return
        isOver = true
        cancelDeadline()
        endConnection()
        finished(outcome)
      }
      function fail(failure: Failure, detail: string): void {
        finish({ ok: false, failure, detail })
      }

      function start(address: string): void {
        const fault = faultOf({ ...request, url: address }, has)
        if (fault !== null && has('tellsWithinTheCall')) return fail('malformed', fault)
        if (fault !== null) return void clock.setTimer(0, () => fail('malformed', fault))
        const url = new URL(address)
        const chunks: Uint8Array[] = []
        let length = 0
        let status = 0
        let headers: { readonly [name: string]: string } = {}
        const end = (): void => {
          const body = decode(Buffer.concat(chunks), has('mendsBrokenText'))
          if (body === null) return fail('malformed', 'the body is not UTF-8')
          const retryAfterSeconds = readRetryAfter(headers['retry-after'], has('readsNoDates'))
          finish({ ok: true, answer: { status, retryAfterSeconds, body } })
        }
        endConnection = send(request, url, has('trustsAnyone'), {
          onHead(given, givenHeaders) {
            status = given
            headers = givenHeaders
            const { location } = givenHeaders
            if (has('boundsTheHeadOnly')) cancelDeadline()
            if (location === undefined || !has('followsRedirects')) return
            endConnection()
            start(location)
          },
          onBytes(bytes) {
            length += bytes.length
            chunks.push(bytes)
            if (length > LARGEST_BODY_BYTES && !has('readsWithoutABound'))
              fail('malformed', 'the body is too long')
          },
          onEnd: end,
          onFailed(failure, detail) {
            if (status !== 0 && has('takesHalfAnswers')) end()
            else fail(failure, detail)
          },
        })
      }

      if (has('throwsAtNonsense')) new URL(request.url)
      start(request.url)
      return () => {
        if (isOver) return
        if (has('tellsAfterAbort')) return void clock.setTimer(1, () => fail('network', 'it was aborted'))
        isOver = true
        cancelDeadline()
        if (!has('keepsConnectionAtAbort')) endConnection()
      }
    }
  }

  return {
    caller,
    setup: {
      caller: caller(),
      listen: listen(null),
      listenUntrusted: listen('untrusted'),
      listenAsAnother: listen('wrongName'),
      listenWithoutTls: listen('noTls'),
      listenSilently: listen('silent'),
      closedAddress: () => 'https://nowhere.example',
      clock,
    },
  }
}

function faultOf(
  { url, method, headers }: Parameters<HttpsCaller>[0],
  has: (flaw: Flaw) => boolean,
): string | null {
  if (!URL.canParse(url)) return 'the address is not well-formed'
  const { protocol, username } = new URL(url)
  const schemes = has('takesPlainHttp') ? ['https:', 'http:'] : ['https:']
  if (!schemes.includes(protocol)) return 'the address is not https:'
  if (username !== '' && !has('takesUsers')) return 'the address has a user'
  const token = /^[\w!#$%&'*+.^`|~-]+$/
  if (!token.test(method)) return 'the method is not well-formed'
  if (has('mendsHeaders')) return null
  const isSound = Object.entries(headers).every(
    ([name, value]) => token.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  )
  return isSound ? null : 'a header is not well-formed'
}

function decode(bytes: Uint8Array, mends: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: !mends }).decode(bytes)
  } catch {
    return null
  }
}

function readRetryAfter(header: string | undefined, readsNoDates: boolean): number | null {
  if (header === undefined) return null
  if (/^\d+$/.test(header)) return Number(header)
  if (readsNoDates || !/^[A-Z][a-z]{2}, /.test(header)) return null
  return Math.max(0, Math.ceil((Date.parse(header) - Date.now()) / 1000))
}
