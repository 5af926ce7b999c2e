import type { RuleId } from '@realer-device/core'
import type { HostDiagnosticCode } from './diagnostics.ts'
import { decodeUtf8 } from './utf8.ts'
import type { Vault } from './vault.ts'

/** An inbound message as text, or why it must not reach the machine. */
export type ReadMessage =
  | { readonly ok: true; readonly payload: string }
  | {
      readonly ok: false
      readonly code: Extract<HostDiagnosticCode, 'message-not-utf8' | 'message-shows-secret'>
      readonly fault: string
      readonly rule: RuleId
    }

/** Reads a message: text (DES-10) that shows no secret, for the machine's events are traced (CRED-3). */
export function readMessage(topic: string, bytes: Uint8Array, vault: Vault): ReadMessage {
  const payload = decodeUtf8(bytes)
  if (payload === null) return { ok: false, code: 'message-not-utf8', fault: 'is not UTF-8', rule: 'DES-10' }
  // Only an escape can hide a secret of the JSON from its text.
  const texts = payload.includes('\\') ? [topic, payload, parsed(payload)] : [topic, payload]
  if (!vault.isIn(texts)) return { ok: true, payload }
  const fault = 'shows a secret of this device'
  return { ok: false, code: 'message-shows-secret', fault, rule: 'CRED-3' }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
