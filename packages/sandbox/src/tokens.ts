import { newSecret } from './ids.ts'
import type { Settings } from './options.ts'
import type { Scope } from './scopes.ts'
import type { SecretKeeper } from './secrets.ts'

/** A Bearer token that is valid now. */
export interface LiveToken {
  scopes: readonly Scope[]
}

/** The Bearer tokens issued to the device. */
export interface Tokens {
  issue(scopes: readonly Scope[]): string
  /** The token, if it is ours, not expired and not revoked. */
  find(token: string): LiveToken | undefined
  /** Whether the text is a token that was issued, valid or not. */
  wasIssued(text: string): boolean
  /** Makes a token void; tells whether it was ever ours. */
  revoke(token: string): boolean
}

/** No tokens yet. */
export function createTokens(lifetimes: Settings['lifetimes'], secrets: SecretKeeper): Tokens {
  const issued = new Map<string, { scopes: readonly Scope[]; endsAtMs: number }>()
  return {
    issue(scopes) {
      const token = newSecret()
      secrets.add(token)
      issued.set(token, { scopes, endsAtMs: performance.now() + lifetimes.tokenExpiresInSeconds * 1000 })
      return token
    },
    find(token) {
      const found = issued.get(token)
      return found !== undefined && performance.now() < found.endsAtMs ? found : undefined
    },
    wasIssued: (text) => issued.has(text),
    revoke(token) {
      const found = issued.get(token)
      if (found === undefined) return false
      found.endsAtMs = Number.NEGATIVE_INFINITY
      return true
    },
  }
}
