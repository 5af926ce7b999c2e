import type { DeviceConfig, DeviceEvent, TimerName } from '@realer-device/core'
import { authority } from './authority.ts'
import { commands } from './commands.ts'
import type { Concern } from './concern.ts'
import { copyFacts } from './copy.ts'
import { type Facts, initialFacts, stepFacts } from './facts.ts'
import { isAwaited, isFresh } from './freshness.ts'
import { createLineCheck } from './line.ts'
import { link } from './link.ts'
import { reports } from './reports.ts'
import { safety } from './safety.ts'
import { stop } from './stop.ts'
import { time } from './time.ts'
import type { Breach, Tell, TraceLine } from './trace.ts'

/** A device as its rules want it, fed with the steps of a real one. */
export interface ReferenceModel {
  /** Looks at the next step: what of it is against the rules. It never throws. */
  step(line: TraceLine): readonly Breach[]
  /** Ids of the reports that were accepted and have not settled, oldest first, commands' answers among them. */
  pending(): readonly string[]
  /** Whether the session is online, as far as the events and effects tell. */
  isOnline(): boolean
  /** Whether the device has told its end. */
  hasStopped(): boolean
}

/** In this order: a loss is known before what it demands of the authority, and both before the outbox looks at them. */
const concerns: readonly Concern[] = [time, link, authority, reports, commands, safety, stop]

/**
 * A model of one device from its first step on.
 *
 * @param config the device's configuration, with all its defaults
 */
export function createReferenceModel(config: DeviceConfig): ReferenceModel {
  const checkLine = createLineCheck()
  let facts = initialFacts(config)

  function step(line: TraceLine): readonly Breach[] {
    const breaches: Breach[] = []
    const number = typeof line?.n === 'number' ? line.n : -1
    const tell: Tell = (rule, message) => breaches.push({ rule, step: number, message })
    if (!checkLine(line, tell)) return breaches
    // What is no event at all comes before any timer: nothing of it is looked at but its diagnostic.
    if (isMalformed(line)) return breaches
    const read = readStep(facts, line)
    facts = read.facts
    return [...breaches, ...read.breaches.map((breach) => ({ ...breach, step: number }))]
  }

  return {
    step,
    pending: () => facts.outbox.pending.map(({ messageId }) => messageId),
    isOnline: () => facts.link.connection?.phase === 'online',
    hasStopped: () => facts.stop.over,
  }
}

function isMalformed({ verdict, effects }: TraceLine): boolean {
  const [only] = effects
  return (
    verdict === 'ignored' &&
    effects.length === 1 &&
    only?.type === 'diagnose' &&
    only.code === 'event-malformed'
  )
}

interface Reading {
  readonly facts: Facts
  readonly breaches: readonly Omit<Breach, 'step'>[]
}

/**
 * Timers that are overdue fire before the event, and a trace does not say which effects are theirs. So where some
 * are, the event is tried at every place among the effects: the step is right where one place makes it right.
 */
function readStep(facts: Facts, line: TraceLine): Reading {
  const overdue = overdueTimers(facts, line)
  const places = overdue.length === 0 || line.verdict !== 'taken' ? [0] : line.effects.map((_, at) => at)
  const ends = overdue.length > 0 && line.verdict === 'taken' ? [...places, line.effects.length] : places
  let best: Reading | null = null
  for (const place of ends) {
    const reading = readAt(ends.length === 1 ? facts : copyFacts(facts), line, overdue, place)
    if (reading.breaches.length === 0) return reading
    if (best === null || reading.breaches.length < best.breaches.length) best = reading
  }
  return best ?? { facts, breaches: [] }
}

function readAt(
  facts: Facts,
  line: TraceLine,
  overdue: readonly { readonly name: TimerName; readonly id: string }[],
  place: number,
): Reading {
  const breaches: Omit<Breach, 'step'>[] = []
  const tell: Tell = (rule, message) => breaches.push({ rule, message })
  const hear = (event: DeviceEvent) => {
    for (const { heard } of concerns) heard?.(facts, event, tell)
  }
  const { event, effects, verdict } = line
  facts.now = Math.max(facts.now, line.now)
  facts.step = stepFacts(line)
  for (const { name, id } of overdue) hear({ type: `timer.${name}`, timer: id })
  for (let at = 0; at <= effects.length; at += 1) {
    if (at === place && event !== null && verdict === 'taken') {
      if (!isFresh(facts, event)) tell('CORE-4', `${event.type} is late and changes nothing`)
      hear(event)
    }
    const effect = effects[at]
    if (effect !== undefined) for (const { did } of concerns) did?.(facts, effect, tell)
  }
  if (event !== null && verdict === 'stale') {
    if (isFresh(facts, event)) tell('CORE-4', `${event.type} is waited for, and not stale`)
    if (overdue.length === 0 && effects.length > 0) tell('CORE-4', 'what is stale has no effects')
  }
  if (event !== null && verdict === 'ignored' && isAwaited(facts, event))
    tell('CORE-3', `${event.type} is waited for, and not ignored`)
  for (const { settled } of concerns) settled?.(facts, tell)
  return { facts, breaches }
}

/** The timers that fire before the event, earliest first; a stop comes before them all. */
function overdueTimers(
  { timers }: Facts,
  { event, now, effects }: TraceLine,
): { name: TimerName; id: string }[] {
  if (event === null || event.type === 'stopRequested') return []
  const own = 'timer' in event ? event.timer : null
  const isCancelled = (id: string) =>
    effects.some((effect) => effect.type === 'cancelTimer' && effect.id === id)
  return [...timers]
    .filter(([, { id, dueAt }]) => dueAt <= now && id !== own && !isCancelled(id))
    .sort(([, a], [, b]) => a.dueAt - b.dueAt)
    .map(([name, { id }]) => ({ name, id }))
}
