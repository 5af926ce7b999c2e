/** A failure of a socket or a request: of the network, or of TLS. */
export interface SocketFailure {
  readonly kind: 'network' | 'tls'
  /** The error's code and what it says, for people. */
  readonly detail: string
}

/** OpenSSL's reasons for not trusting a certificate, as Node names them (node:tls, "X509 certificate error codes"). */
const certificateCodes: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CRL_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'OUT_OF_MEM',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_PURPOSE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'HOSTNAME_MISMATCH',
])

/** Sorts an error of `node:tls` or `node:https`. */
export function socketFailure(error: Error & { readonly code?: string }): SocketFailure {
  const code = error.code ?? 'no code'
  const isTls = certificateCodes.has(code) || code === 'EPROTO' || /^ERR_(TLS|SSL|OSSL)_/.test(code)
  if (!isTls) return { kind: 'network', detail: `${code}: ${error.message}` }
  const trusted = certificateCodes.has(code) || code === 'ERR_TLS_CERT_ALTNAME_INVALID'
  const what = trusted ? "the server's certificate was not accepted" : 'the TLS handshake failed'
  return { kind: 'tls', detail: `${what} (${code}): ${error.message}` }
}
