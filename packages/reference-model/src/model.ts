import type { DeviceConfig, DeviceEvent, Effect } from '@realer-device/core'
import { authority } from './authority.ts'
import { commands } from './commands.ts'
import type { Concern } from './concern.ts'
import { copyFacts } from './copy.ts'
import { type Facts, initialFacts, stepFacts } from './facts.ts'
import { isAwaited, isFresh, isTimer } from './freshness.ts'
import { createLineCheck } from './line.ts'
import { link } from './link.ts'
import { reconciliation } from './reconciliation.ts'
import { reports } from './reports.ts'
import { safety } from './safety.ts'
import { checkStart, startedFacts } from './start.ts'
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
const concerns: readonly Concern[] = [time, link, authority, reports, reconciliation, commands, safety, stop]

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
    if (line.event === null) facts = startedFacts(facts)
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

/** Places that are looked at in one step, before the best reading so far counts. */
const mostPlaces = 5_000

/**
 * Timers that are overdue fire before the event, and a trace does not say which effects are whose. So what happened
 * is tried at every place among the effects, in its order: the step is right where one reading makes it right.
 */
function readStep(facts: Facts, line: TraceLine): Reading {
  const { event, verdict, effects } = line
  const overdue = overdueTimers(facts, line)
  const happened = event === null || verdict !== 'taken' ? overdue : [...overdue, event]
  facts.now = line.now
  facts.step = stepFacts(line)
  const start: Mutable<Reading> = { facts, breaches: [] }
  if (event === null) checkStart(facts, line, tellTo(start.breaches))
  if (overdue.length === 0) {
    for (const one of happened) hear(start, one, line)
    for (const effect of effects) carryOut(start, effect)
    return settle(start, line)
  }
  return search(start, line, happened)
}

/** How far a reading of a step has come. */
interface Place {
  readonly reading: Mutable<Reading>
  readonly nextEffect: number
  readonly nextEvent: number
}

/** Goes on from the place with the fewest breaches; among those, from the newest. */
function search(start: Mutable<Reading>, line: TraceLine, happened: readonly DeviceEvent[]): Reading {
  const byBreaches: Place[][] = []
  const put = (place: Place) => {
    const breaches = place.reading.breaches.length
    byBreaches[breaches] ??= []
    byBreaches[breaches].push(place)
  }
  let best: Reading | null = null
  put({ reading: start, nextEffect: 0, nextEvent: 0 })
  for (let looked = 0; looked < mostPlaces; looked += 1) {
    const place = byBreaches.find((places) => places !== undefined && places.length > 0)?.pop()
    if (place === undefined || (best !== null && place.reading.breaches.length >= best.breaches.length)) break
    const { reading, nextEffect, nextEvent } = place
    const event = happened[nextEvent]
    const effect = line.effects[nextEffect]
    if (event === undefined && effect === undefined) {
      const whole = settle(reading, line)
      if (best === null || whole.breaches.length < best.breaches.length) best = whole
      continue
    }
    if (event !== undefined) {
      const other =
        effect === undefined ? reading : { facts: copyFacts(reading.facts), breaches: [...reading.breaches] }
      hear(other, event, line)
      put({ reading: other, nextEffect, nextEvent: nextEvent + 1 })
    }
    if (effect !== undefined) {
      carryOut(reading, effect)
      put({ reading, nextEffect: nextEffect + 1, nextEvent })
    }
  }
  return best ?? start
}

type Mutable<Of> = {
  -readonly [name in keyof Of]: Of[name] extends readonly (infer Item)[] ? Item[] : Of[name]
}

function tellTo(breaches: Omit<Breach, 'step'>[]): Tell {
  return (rule, message) => breaches.push({ rule, message })
}

function hear({ facts, breaches }: Mutable<Reading>, event: DeviceEvent, line: TraceLine): void {
  const tell = tellTo(breaches)
  if (event === line.event && !isFresh(facts, event))
    tell('CORE-4', `${event.type} is late and changes nothing`)
  for (const { heard } of concerns) heard?.(facts, event, tell)
}

function carryOut({ facts, breaches }: Mutable<Reading>, effect: Effect): void {
  const tell = tellTo(breaches)
  for (const { did } of concerns) did?.(facts, effect, tell)
}

/** All of the step is read: what must have been done by now, and whether the verdict is right. */
function settle({ facts, breaches }: Mutable<Reading>, { event, verdict, effects }: TraceLine): Reading {
  const tell = tellTo(breaches)
  if (event !== null && verdict === 'stale') {
    if (isFresh(facts, event)) tell('CORE-4', `${event.type} is waited for, and not stale`)
    if (facts.step.fired.size === 0 && effects.length > 0) tell('CORE-4', 'what is stale has no effects')
  }
  if (event !== null && verdict === 'ignored' && isFresh(facts, event) && isAwaited(facts, event))
    tell('CORE-3', `${event.type} is waited for, and not ignored`)
  for (const { settled } of concerns) settled?.(facts, tell)
  return { facts, breaches }
}

/** The timers that fire before the event, earliest first, as their events; a stop comes before them all. */
function overdueTimers({ timers }: Facts, { event, now, effects }: TraceLine): DeviceEvent[] {
  if (event === null || event.type === 'stopRequested') return []
  const own = isTimer(event) ? event.timer : null
  const isCancelled = (id: string) =>
    effects.some((effect) => effect.type === 'cancelTimer' && effect.id === id)
  return [...timers]
    .filter(([, { id, dueAt }]) => dueAt <= now && id !== own && !isCancelled(id))
    .sort(([, a], [, b]) => a.dueAt - b.dueAt)
    .map(([name, { id }]) => ({ type: `timer.${name}`, timer: id }))
}
