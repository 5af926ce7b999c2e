import type { HttpPurpose } from './entries.ts'

/** An HTTPS answer before it is written: faults may still change it. */
export interface Answer {
  status: number
  body: Record<string, unknown>
  headers?: Record<string, string>
}

/** Response codes of the body for each HTTP status ("response codes" page). */
const CODES: Record<number, number> = {
  400: 4000,
  401: 4001,
  402: 4002,
  403: 4003,
  404: 4004,
  413: 4013,
  422: 4022,
  429: 4029,
}

/** A refusal of the catalog and credential calls: `{code, message}`. */
export function refusal(
  status: number,
  message: string,
  code: number = CODES[status] ?? status * 10,
): Answer {
  return {
    status,
    body: { code, message },
    ...(status === 401 && { headers: { 'www-authenticate': 'Bearer realm="realer-sandbox"' } }),
  }
}

/** A refusal of the token and revoke calls, in OAuth's error shape (RFC 6749, 5.2). */
export function oauthRefusal(status: number, error: string, description?: string): Answer {
  return {
    status,
    body: { error, ...(description !== undefined && { error_description: description }) },
    headers: {
      'cache-control': 'no-store',
      ...(status === 401 && { 'www-authenticate': 'Basic realm="realer-sandbox"' }),
    },
  }
}

/** A refusal in the shape that the call's answers have. */
export function refusalFor(
  purpose: HttpPurpose,
  status: number,
  details: { code?: number; oauthError?: string; message: string },
): Answer {
  if (purpose === 'token' || purpose === 'revoke') {
    const byStatus = status === 401 ? 'invalid_client' : 'invalid_request'
    return oauthRefusal(status, details.oauthError ?? byStatus, details.message)
  }
  return refusal(status, details.message, details.code)
}
