/** What no step changes, so that copies may share it. */
const shared: ReadonlySet<string> = new Set([
  'config',
  'catalog',
  'line',
  'body',
  'scopes',
  'topics',
  'value',
])

/** A deep copy of facts. What two places share stays shared: a connection's tuple is the authority's own. */
export function copyFacts<Value>(value: Value, made: Map<unknown, unknown> = new Map()): Value {
  if (typeof value !== 'object' || value === null) return value
  const known = made.get(value)
  if (known !== undefined) return known as Value
  const copy: unknown = Array.isArray(value) ? [] : emptyLike(value)
  made.set(value, copy)
  if (value instanceof Map)
    for (const [key, inner] of value) (copy as Map<unknown, unknown>).set(key, copyFacts(inner, made))
  else if (value instanceof Set) for (const inner of value) (copy as Set<unknown>).add(inner)
  else
    for (const [name, inner] of Object.entries(value))
      Object.assign(copy as object, { [name]: shared.has(name) ? inner : copyFacts(inner, made) })
  return copy as Value
}

function emptyLike(value: object): object {
  if (value instanceof Map) return new Map()
  return value instanceof Set ? new Set() : {}
}
