import type { JsonValue } from '../json.ts'

/**
 * Whether a payload's `version` is one this firmware understands: the number 1, or text whose major part is 1
 * (`"1"`, `"1.2"`, `"v1"`). The public pages name the field and not its form (ACK-6, DES-10).
 */
export function isKnownVersion(version: JsonValue | undefined): boolean {
  return version === 1 || (typeof version === 'string' && /^v?1(\.\d+)*$/.test(version))
}
