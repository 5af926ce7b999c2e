import * as v from 'valibot'

/** What a value lacks: the path of the field, and a sentence. */
export interface Fault {
  readonly field: string
  readonly message: string
}

/**
 * Checks a value against a schema. The first fault names the field by its path; the value itself is never
 * quoted, for it may be a secret.
 *
 * @param whole what the value is called where it is at fault as a whole
 */
export function validate<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  whole = 'body',
): { ok: true; value: v.InferOutput<Schema> } | ({ ok: false } & Fault) {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return { ok: true, value: result.output }
  const [issue] = result.issues
  const field = v.getDotPath(issue) ?? whole
  return { ok: false, field, message: `${field} ${complaint(issue)}.` }
}

function complaint(issue: v.BaseIssue<unknown>): string {
  // Only schemas of ours with a message of their own speak here; valibot's default messages quote the value.
  if (issue.kind !== 'schema') return issue.message
  if (issue.received === 'undefined') return 'is missing'
  if (issue.expected === 'never') return 'is not known'
  const expected = issue.expected ?? 'as expected'
  return `is not ${words[expected] ?? expected}`
}

/** What a person calls the types that a schema expects. */
const words: { readonly [expected: string]: string } = {
  Array: 'a list',
  Object: 'an object',
  boolean: 'true or false',
  number: 'a number',
  string: 'text',
}
