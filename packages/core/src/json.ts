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
