/** A value that JSON can carry: the form of a feed-data value and of a desired value. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** A JSON object whose fields have not been looked at yet. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** Parses JSON text without throwing: the value, or the parser's complaint. */
export function parseJson(text: string): { ok: true; value: JsonValue } | { ok: false; complaint: string } {
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue }
  } catch {
    // The engines' messages differ, and some quote the text, which may hold a secret: ours is always the same.
    return { ok: false, complaint: 'is not JSON' }
  }
}

/** Whether a JSON value is an object. */
export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Levels that a value may be nested; deeper ones could overflow the stack of an engine that walks them. */
const maxDepth = 64

/** Whether JSON carries a value unchanged: no lost fields, no NaN that becomes null, no cycle, not too deep. */
export function isJsonValue(value: unknown, depth = 0): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth >= maxDepth) return false
  if (Array.isArray(value)) return Array.from(value).every((item) => isJsonValue(item, depth + 1))
  return isRecord(value) && Object.values(value).every((item) => isJsonValue(item, depth + 1))
}

/** Whether two JSON values are the same value, whatever the order of their fields. */
export function sameJson(one: JsonValue, other: JsonValue): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const ones = Object.entries(one)
  const others = new Map<string, JsonValue>(Object.entries(other))
  if (ones.length !== others.size) return false
  return ones.every(([name, value]) => {
    const its = others.get(name)
    return its !== undefined && sameJson(value, its)
  })
}

/** A plain object, of this realm or another: class instances such as dates are none. */
function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
