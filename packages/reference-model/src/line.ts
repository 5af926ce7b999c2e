import type { Effect } from '@realer-device/core'
import type { Tell, TraceLine } from './trace.ts'

/** What a line must be by itself, whatever came before: whole, plain, and with ids that were never used (CORE). */
export function createLineCheck(): (line: TraceLine, tell: Tell) => boolean {
  const ids = new Set<string>()
  let latest = Number.NEGATIVE_INFINITY
  return (line, tell) => {
    if (!isWhole(line)) {
      tell('CORE-1', 'a step has a number, a moment, a verdict, an event and a list of effects')
      return false
    }
    if (line.event === null && line.clock !== 'continued') latest = line.now
    if (line.now < latest) tell('CORE-1', 'the clock is monotonic')
    latest = Math.max(latest, line.now)
    for (const effect of line.effects) {
      if (!isPlain(effect)) tell('CORE-1', `${effect.type} is plain JSON data`)
      const id = newIdOf(effect)
      if (id !== null && ids.has(id)) tell('CORE-4', `${id} is never used again`)
      if (id !== null) ids.add(id)
    }
    if (line.verdict === 'ignored' && !line.effects.some(({ type }) => type === 'diagnose'))
      tell('CORE-3', 'what is ignored is told')
    return true
  }
}

function isWhole(line: TraceLine | null): boolean {
  if (typeof line !== 'object' || line === null || !Array.isArray(line.effects)) return false
  if (!Number.isFinite(line.n) || !Number.isFinite(line.now)) return false
  if (!line.effects.every((effect) => typeof effect?.type === 'string')) return false
  return ['taken', 'ignored', 'stale'].includes(line.verdict)
}

function newIdOf(effect: Effect): string | null {
  switch (effect.type) {
    case 'setTimer':
      return effect.id
    case 'call':
      return effect.call
    case 'mqttConnect':
      return effect.connection
    case 'mqttPublish':
      return effect.delivery
    case 'readRouteValue':
      return effect.reading
    default:
      return null
  }
}

/** Whether JSON carries a value unchanged. */
export function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === null || prototype === Object.prototype) && Object.values(value).every(isPlain)
}
