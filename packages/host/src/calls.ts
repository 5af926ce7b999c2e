import {
  type CallEffect,
  type CallEvent,
  callFailed,
  type IssuedSecret,
  readAnswer,
  type SecretRef,
} from '@realer-device/core'
import { formEncode } from './basic.ts'
import type { HttpsCaller, HttpsOutcome, HttpsRequest } from './caller.ts'
import { faultText } from './diagnostics.ts'
import type { Turn } from './loop.ts'
import type { Vault } from './vault.ts'

/** The HTTPS calls that are under way. */
export interface Calls {
  make(effect: CallEffect): void
  /** Ends a call; nothing is heard of it any more. */
  cancel(call: string): void
  cancelAll(): void
}

/** Makes the machine's HTTPS calls, filling in the secrets at the last moment. */
export function createCalls(caller: HttpsCaller, vault: Vault, dispatch: (turn: Turn) => void): Calls {
  const underWay = new Map<string, () => void>()

  function finished(effect: CallEffect, outcome: HttpsOutcome): void {
    if (!underWay.delete(effect.call)) return
    if (!outcome.ok) {
      dispatch({ event: callFailed(effect, outcome.failure, vault.redact(outcome.detail)) })
      return
    }
    const { event, secret } = readAnswer(effect, outcome.answer)
    if (showsSecret(effect, event, secret, vault)) {
      const detail = 'its answer is not usable: it shows a secret where none belongs.'
      dispatch({ event: callFailed(effect, 'malformed', detail) })
      return
    }
    dispatch({
      event,
      decided({ verdict }) {
        // A late answer's secret is of no use, and is not kept (CORE-4, CRED-3).
        if (secret !== null && verdict === 'taken') vault.keep(secret.secret, secret.value)
      },
    })
  }

  function cancel(call: string): void {
    const abort = underWay.get(call)
    underWay.delete(call)
    try {
      abort?.()
    } catch {
      // It breaks its contract. Nothing is heard of the call any more, and the loop goes on (CORE-3).
    }
  }

  return {
    make(effect) {
      // Entered first: a caller that finishes too early, against its contract, is still heard.
      underWay.set(effect.call, () => {})
      try {
        const abort = caller(requestOf(effect, vault), (outcome) => finished(effect, outcome))
        if (underWay.has(effect.call)) underWay.set(effect.call, abort)
      } catch (error) {
        finished(effect, {
          ok: false,
          failure: 'malformed',
          detail: `The call cannot be made: ${faultText(error)}`,
        })
      }
    },
    cancel,
    cancelAll() {
      for (const call of [...underWay.keys()]) cancel(call)
    },
  }
}

/**
 * Whether an answer must not be used. What it says beside its secret goes into traces, topics and packets, so no secret
 * may be in it (CRED-3); and what it issues must not be what it was asked with: a token is no MQTT password (AUTH-8).
 */
function showsSecret(
  effect: CallEffect,
  event: CallEvent,
  issued: IssuedSecret | null,
  vault: Vault,
): boolean {
  if (vault.isIn(event, issued?.value)) return true
  if (issued === null) return false
  return ['client', effect.authorization.secret].some((ref) => vault.isOneIn(ref, issued.value))
}

/** The request of a call with its secrets filled in. Throws where one is not kept or cannot be encoded. */
function requestOf(effect: CallEffect, vault: Vault): HttpsRequest {
  const { method, url, timeoutMs, authorization } = effect
  const scheme = authorization.scheme === 'basic' ? 'Basic' : 'Bearer'
  const headers = { accept: 'application/json', authorization: `${scheme} ${secretOf(authorization, vault)}` }
  switch (effect.body.kind) {
    case 'none':
      return { method, url, headers, body: null, timeoutMs }
    case 'json': {
      const body = JSON.stringify(effect.body.value)
      return { method, url, headers: { ...headers, 'content-type': 'application/json' }, body, timeoutMs }
    }
    case 'form': {
      const body = Object.entries(effect.body.fields)
        .map(([name, value]) => `${formEncode(name)}=${formEncode(fieldOf(value, vault))}`)
        .join('&')
      const type = 'application/x-www-form-urlencoded'
      return { method, url, headers: { ...headers, 'content-type': type }, body, timeoutMs }
    }
  }
}

function fieldOf(field: string | SecretRef, vault: Vault): string {
  return typeof field === 'string' ? field : secretOf(field, vault)
}

function secretOf({ secret }: SecretRef, vault: Vault): string {
  const value = vault.read(secret)
  if (value === null) throw new Error(`the secret of ${secret} is not kept`)
  return value
}
