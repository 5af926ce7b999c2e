import { createHash, timingSafeEqual } from 'node:crypto'
import { type Answer, oauthRefusal } from './answers.ts'
import { readBasic } from './basic-auth.ts'
import type { Credentials } from './credentials.ts'
import type { WritableLedger } from './ledger.ts'
import type { Settings } from './options.ts'
import { isScope, SCOPES } from './scopes.ts'
import type { Tokens } from './tokens.ts'

/** A form-encoded request of the OAuth endpoints. */
export interface OAuthRequest {
  authorization: string | undefined
  contentType: string | undefined
  text: string
}

/** The two OAuth endpoints. */
export interface OAuth {
  /** `POST /oauth/token` (RFC 6749, 4.4). */
  token(request: OAuthRequest): Answer
  /** `POST /oauth/revoke` (RFC 7009): the token and every MQTT credential of the device are void. */
  revoke(request: OAuthRequest): Answer
}

/** The OAuth endpoints for one client. */
export function createOAuth(parts: {
  clientId: string
  clientSecret: string
  lifetimes: Settings['lifetimes']
  tokens: Tokens
  credentials: Credentials
  ledger: WritableLedger
}): OAuth {
  const { clientId, clientSecret, lifetimes, tokens, credentials, ledger } = parts

  function readForm(request: OAuthRequest): URLSearchParams | Answer {
    const client = readBasic(request.authorization)
    if (client === undefined) return oauthRefusal(401, 'invalid_client', 'HTTP Basic is required.')
    if (client.user !== clientId || !equal(client.password, clientSecret)) {
      return oauthRefusal(401, 'invalid_client', 'Unknown client, or wrong secret.')
    }
    if (!/^application\/x-www-form-urlencoded\b/i.test(request.contentType ?? '')) {
      return oauthRefusal(400, 'invalid_request', 'The body must be form-encoded.')
    }
    const form = new URLSearchParams(request.text)
    for (const key of form.keys()) {
      if (form.getAll(key).length > 1) return oauthRefusal(400, 'invalid_request', 'A field is there twice.')
    }
    return form
  }

  return {
    token(request) {
      const form = readForm(request)
      if (!(form instanceof URLSearchParams)) return form
      const grant = form.get('grant_type')
      if (grant === null) return oauthRefusal(400, 'invalid_request', 'grant_type is missing.')
      if (grant !== 'client_credentials') return oauthRefusal(400, 'unsupported_grant_type')
      const asked = (form.get('scope') ?? SCOPES.join(' ')).split(' ').filter((scope) => scope !== '')
      const scopes = [...new Set(asked)].filter(isScope)
      if (scopes.length === 0 || scopes.length < new Set(asked).size)
        return oauthRefusal(400, 'invalid_scope')
      return {
        status: 200,
        headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
        body: {
          access_token: tokens.issue(scopes),
          token_type: 'Bearer',
          expires_in: lifetimes.tokenExpiresInSeconds,
          renew_after: lifetimes.tokenRenewAfterSeconds,
          scope: scopes.join(' '),
        },
      }
    },
    revoke(request) {
      const form = readForm(request)
      if (!(form instanceof URLSearchParams)) return form
      const token = form.get('token')
      if (token === null || token === '') return oauthRefusal(400, 'invalid_request', 'token is missing.')
      const knownToken = tokens.revoke(token)
      ledger.write({ kind: 'revocation', knownToken })
      if (knownToken) credentials.endAll('revoked')
      // An unknown token is answered alike (RFC 7009, 2.2).
      return { status: 200, headers: { 'cache-control': 'no-store' }, body: {} }
    },
  }
}

function equal(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
