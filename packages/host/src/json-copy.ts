import type { JsonValue } from '@realer-device/core'

/** A copy of a JSON value, so that its owner may change it later; undefined where JSON cannot carry it unchanged. */
export function copyJson(value: unknown): JsonValue | undefined {
  try {
    return isJson(value) ? (JSON.parse(JSON.stringify(value)) as JsonValue) : undefined
  } catch {
    // Cyclic, too deep, or with a getter that throws.
    return undefined
  }
}

/** Whether JSON carries a value unchanged. Throws where the value is cyclic or too deep. */
export function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  // `every` alone passes over holes, which JSON makes null.
  if (Array.isArray(value)) return Array.from(value).every(isJson)
  if (typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson)
}
