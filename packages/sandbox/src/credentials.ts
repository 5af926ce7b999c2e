import { createHash, timingSafeEqual } from 'node:crypto'
import type { SandboxDevice } from './device.ts'
import type { ConnectRefusal, CredentialEndedEntry } from './entries.ts'
import { newSecret } from './ids.ts'
import type { WritableLedger } from './ledger.ts'
import type { Settings } from './options.ts'
import type { Scope } from './scopes.ts'
import type { SecretKeeper } from './secrets.ts'

/** A CONNECT tuple as the sandbox keeps it: the password as a hash only (CRED-3). */
export interface Credential {
  username: string
  passwordHash: Buffer
  scopes: readonly Scope[]
  /** When CONNECT is refused from, monotonic. */
  expiresAtMs: number
  ended: CredentialEndedEntry['why'] | undefined
}

/** A CONNECT tuple as the API returns it, once. */
export interface IssuedCredential {
  username: string
  password: string
  scopes: readonly Scope[]
}

/** The broker's part in a credential's life. */
export interface CredentialGate {
  /** Lets the tuple connect from now on. Rejects where the broker could not be told. */
  admit(issued: IssuedCredential): Promise<void>
  /** The tuple is void: its session is closed, and it connects no more. */
  expel(username: string): void
}

/** The CONNECT tuples issued to the device. */
export interface Credentials {
  issue(scopes: readonly Scope[]): Promise<IssuedCredential>
  /** Judges a CONNECT (Realer's side of CONN-1). */
  check(
    username: string | undefined,
    password: Uint8Array | undefined,
  ): { credential: Credential } | { refusal: ConnectRefusal }
  /** Makes every tuple void now. */
  endAll(why: CredentialEndedEntry['why']): void
  /** Usernames of the tuples that are valid. */
  live(): string[]
  /** Stops every timer. */
  close(): void
}

/** No tuples yet. */
export function createCredentials(parts: {
  device: SandboxDevice
  lifetimes: Settings['lifetimes']
  ledger: WritableLedger
  secrets: SecretKeeper
  gate: CredentialGate
}): Credentials {
  const { device, lifetimes, ledger, secrets, gate } = parts
  const issued = new Map<string, Credential>()
  const timers = new Map<string, NodeJS.Timeout>()

  function end(credential: Credential, why: CredentialEndedEntry['why']): void {
    if (credential.ended !== undefined) return
    credential.ended = why
    clearTimeout(timers.get(credential.username))
    timers.delete(credential.username)
    ledger.write({ kind: 'credential-ended', username: credential.username, why })
    gate.expel(credential.username)
  }

  return {
    async issue(scopes) {
      const password = newSecret()
      const username = `realer-${device.clientId}-cred-v${issued.size + 1}`
      secrets.add(password, username)
      const credential: Credential = {
        username,
        passwordHash: hash(password),
        scopes,
        expiresAtMs: performance.now() + lifetimes.credentialExpiresInSeconds * 1000,
        ended: undefined,
      }
      issued.set(username, credential)
      await gate.admit({ username, password, scopes })
      // A session does not outlive the earlier of the two lifetimes (REN-3).
      const lifeSeconds = Math.min(
        lifetimes.credentialExpiresInSeconds,
        lifetimes.sessionHardExpiresInSeconds,
      )
      const timer = setTimeout(() => end(credential, 'expired'), lifeSeconds * 1000)
      timers.set(username, timer.unref())
      ledger.write({
        kind: 'credential-issued',
        username,
        scopes: [...scopes],
        expiresInSeconds: lifetimes.credentialExpiresInSeconds,
      })
      return { username, password, scopes }
    },
    check(username, password) {
      const credential = username === undefined ? undefined : issued.get(username)
      if (credential === undefined) return { refusal: 'unknown-user' }
      if (password === undefined || !timingSafeEqual(credential.passwordHash, hash(password))) {
        return { refusal: 'wrong-password' }
      }
      if (credential.ended === 'expired' || performance.now() >= credential.expiresAtMs) {
        return { refusal: 'credential-expired' }
      }
      if (credential.ended !== undefined) return { refusal: 'credential-void' }
      if (!credential.scopes.includes('iot:mqtt:connect')) return { refusal: 'scope' }
      return { credential }
    },
    endAll(why) {
      for (const credential of issued.values()) end(credential, why)
    },
    live() {
      return [...issued.values()].filter((one) => one.ended === undefined).map((one) => one.username)
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}

function hash(password: string | Uint8Array): Buffer {
  return createHash('sha256').update(password).digest()
}
