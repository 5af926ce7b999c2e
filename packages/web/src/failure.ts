/** A failure of a connection or a request: of the network, or of TLS. */
export interface PlatformFailure {
  readonly kind: 'network' | 'tls'
  /** What the platform says, for people. */
  readonly detail: string
}

/** The codes of OpenSSL and of Node for a certificate that was not accepted, or a handshake that failed. */
const TLS_CODE =
  /^(EPROTO|(ERR_)?(TLS|SSL|OSSL)_\w+|\w*CERT\w*|UNABLE_TO_\w+|CRL_\w+|ERROR_IN_\w+|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/
/** What platforms without codes say. */
const TLS_WORDS = /certificate|\btls\b|\bssl\b|handshake/i
/** Said of a connection that was cut, though it may name TLS too. */
const CUT_WORDS = /\b(eof|reset|lost|closed|disconnected)\b/i
const MOST_CAUSES = 4

/**
 * Sorts what a platform threw while something was opened. It knows no type of error: platforms differ, and a browser tells
 * nothing at all, so that there everything is of the network.
 */
export function failureOf(thrown: unknown): PlatformFailure {
  const errors = causesOf(thrown)
  const codes = errors.flatMap(({ code }) => (code === null ? [] : [code]))
  const said = errors.map(({ message }) => message).join(' ')
  const isTls =
    codes.length > 0
      ? codes.some((code) => TLS_CODE.test(code))
      : TLS_WORDS.test(said) && !CUT_WORDS.test(said)
  const detail = errors.map(({ code, name, message }) => [code ?? name, message].filter(Boolean).join(': '))
  const told = detail.filter(Boolean).join('; ')
  return { kind: isTls ? 'tls' : 'network', detail: told || 'the platform gives no reason' }
}

interface ReadError {
  readonly code: string | null
  readonly name: string
  readonly message: string
}

/** An error with its causes, from the outside in. Addresses are left out: what they spell is no reason. */
function causesOf(thrown: unknown): ReadError[] {
  const errors: ReadError[] = []
  let at = thrown
  while (typeof at === 'object' && at !== null && errors.length < MOST_CAUSES) {
    const { code, name, message, cause } = at as { readonly [field: string]: unknown }
    errors.push({
      code: typeof code === 'string' && code !== '' ? code : null,
      name: typeof name === 'string' ? name : '',
      message: typeof message === 'string' ? message.replaceAll(/\(?\b(https|wss):\/\/[^\s)]*\)?/g, '') : '',
    })
    at = cause
  }
  return errors
}
