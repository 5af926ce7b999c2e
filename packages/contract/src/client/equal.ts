import { demand } from '../watch.ts'

/** A breach of the clause where the two are not alike as JSON. */
export function equal(clause: string, actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(sorted(actual)), JSON.stringify(sorted(expected))]
  demand(is === should, clause, `${is} is not ${should}`)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]))
}
