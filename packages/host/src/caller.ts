import type { CallFailure, HttpAnswer } from '@realer-device/core'

/** One HTTPS request. Its headers and body can hold secrets: they MUST NOT be logged or put into a failure's detail. */
export interface HttpsRequest {
  readonly method: string
  /** `https:` always; anything else MUST be refused before a byte is sent (AUTH-1). */
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
  /** The longest time to the end of the answer. */
  readonly timeoutMs: number
}

/** The longest body of an answer that is read: 1 MiB. A longer one is the failure `malformed` (CORE-5). */
export const LARGEST_BODY_BYTES = 1_048_576

/** What a request came to: an answer of any status, or why there is none. */
export type HttpsOutcome =
  | { readonly ok: true; readonly answer: HttpAnswer }
  | {
      readonly ok: false
      readonly failure: Extract<CallFailure, 'network' | 'tls' | 'timeout' | 'malformed'>
      /** For people; without secrets. */
      readonly detail: string
    }

/**
 * Makes one HTTPS request, with the server's certificate and name verified, following no redirect and reading at most
 * {@link LARGEST_BODY_BYTES} of the answer's body, which is UTF-8. MUST call `finished` exactly once, on a turn of its own,
 * and never after the returned function, which ends the request at once, was called. It MUST NOT throw. The kit in
 * `@realer-device/contract` proves each MUST.
 */
export type HttpsCaller = (request: HttpsRequest, finished: (outcome: HttpsOutcome) => void) => () => void
