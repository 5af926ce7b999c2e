import { type Answer, refusalFor } from './answers.ts'
import type { FaultAnswer, FaultAt, FaultPatch } from './faults.ts'

/** A fault of one of the HTTPS calls. */
export type HttpCallFault = FaultAt<'token' | 'catalog' | 'credential' | 'revoke'>

/** The answer that an `answer` fault orders. */
export function orderedAnswer(at: HttpCallFault['at'], ordered: FaultAnswer): Answer {
  const { status, code, oauthError, retryAfter } = ordered
  const answer = refusalFor(at, status, {
    ...(code !== undefined && { code }),
    ...(oauthError !== undefined && { oauthError }),
    message: 'By order of the sandbox.',
  })
  if (at !== 'token' && at !== 'revoke' && code === undefined) delete answer.body.code
  if (retryAfter === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } }
}

/** The body with an ordered patch: dotted paths deleted and set; a path that leads nowhere is left out. */
export function patchBody(body: Record<string, unknown>, patch: FaultPatch): Record<string, unknown> {
  const copy = structuredClone(body)
  for (const path of patch.delete ?? []) {
    const place = placeOf(copy, path)
    if (place !== undefined) delete place.parent[place.key]
  }
  for (const [path, value] of Object.entries(patch.set ?? {})) {
    const place = placeOf(copy, path)
    if (place !== undefined) place.parent[place.key] = value
  }
  return copy
}

function placeOf(body: object, path: string): { parent: Record<string, unknown>; key: string } | undefined {
  const keys = path.split('.')
  const key = keys.pop() ?? ''
  let parent: unknown = body
  for (const step of keys) {
    parent = typeof parent === 'object' && parent !== null ? Reflect.get(parent, step) : undefined
  }
  return typeof parent === 'object' && parent !== null
    ? { parent: parent as Record<string, unknown>, key }
    : undefined
}
