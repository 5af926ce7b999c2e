import type { JsonObject, JsonValue } from '@realer-device/core'
import * as v from 'valibot'

/** The kinds of an input's words. Each reads a word as it stands in the line. */

/** Text: as it stands, or in JSON's quotation marks where it has spaces. */
export const text = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    if (!dataset.value.startsWith('"')) return dataset.value
    const read = parse(dataset.value)
    if (typeof read?.value === 'string') return read.value
    addIssue({ message: 'it is not a JSON text' })
    return NEVER
  }),
)

/** A JSON value; a word that is no JSON, such as `open`, is that text. */
export const value = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): JsonValue => {
    const read = parse(dataset.value)
    if (read !== null) return read.value
    if (!/^["{[]/.test(dataset.value)) return dataset.value
    addIssue({ message: 'it is not JSON' })
    return NEVER
  }),
)

/** A JSON object. */
export const object = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): JsonObject => {
    const read = parse(dataset.value)?.value
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as JsonObject
    addIssue({ message: 'it is not a JSON object' })
    return NEVER
  }),
)

/** A whole number that is not negative. */
export const count = v.pipe(v.string(), v.regex(/^\d+$/, 'it is not a whole number'), v.transform(Number))

/** A random number in [0,1). */
export const chance = v.pipe(
  v.string(),
  v.regex(/^0(\.\d+)?$/, 'it is not a number from 0 up to, and without, 1'),
  v.transform(Number),
)

/** An MQTT reason code in two hexadecimal digits, such as `0x87`. */
export const reason = v.pipe(
  v.string(),
  v.regex(/^0x[\da-f]{2}$/, 'it is not a reason code such as 0x87'),
  v.transform(Number),
)

const unitMs: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration with its unit, such as `500ms`, `10s`, `5m`, `8h` or `2d`; in milliseconds. */
export const duration = v.pipe(
  v.string(),
  v.regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'it is not a duration such as 500ms, 10s, 5m, 8h or 2d'),
  v.transform((word) => Math.round(Number.parseFloat(word) * (unitMs[word.replace(/^[\d.]+/, '')] ?? 1))),
)

/** An instant in ISO 8601, UTC; in ms since 1970. */
export const instant = v.pipe(
  v.string(),
  v.isoTimestamp('it is not an instant such as 2026-04-29T10:00:01Z'),
  v.transform((word) => Date.parse(word)),
)

/** One of some words. */
export function oneOf<const Word extends string>(...words: readonly Word[]) {
  return v.picklist(words, `it is none of ${words.join(', ')}`)
}

/** `true` or `false`. */
export const flag = v.pipe(
  oneOf('true', 'false'),
  v.transform((word) => word === 'true'),
)

function parse(word: string): { readonly value: JsonValue } | null {
  try {
    return { value: JSON.parse(word) as JsonValue }
  } catch {
    return null
  }
}
