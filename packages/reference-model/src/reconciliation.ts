import { hasOpenCommand } from './commands.ts'
import type { Concern } from './concern.ts'
import type { Facts } from './facts.ts'
import { isSameJson } from './payloads.ts'
import { offer } from './reports.ts'
import { routeNamed } from './routes.ts'

/** Physical values that changed while the device was offline (PUB-11). */
export const reconciliation: Concern = {
  heard(facts, event) {
    if (event.type !== 'routeValueRead' && event.type !== 'routeValueUnknown') return
    for (const [name, route] of facts.commands) {
      if (route.reading !== event.reading) continue
      route.reading = null
      if (event.type === 'routeValueUnknown' || isToldAnyway(facts, name)) return
      const isKnown = route.lastReported !== null && isSameJson(route.lastReported.value, event.value)
      const { messageId, value, valueReceivedAt } = event
      if (!isKnown) offer(facts, { route: name, messageId, value, valueReceivedAt })
      return
    }
  },

  did(facts, effect, tell) {
    if (effect.type !== 'readRouteValue') return
    const route = facts.commands.get(effect.route)
    if (route === undefined) return tell('PUB-11', `${effect.route} is no command route that is handled`)
    if (facts.step.wentOnline === null || facts.step.wentOnline === 'renewal')
      tell('PUB-11', 'a physical value is asked for after the device was offline')
    if (isToldAnyway(facts, effect.route)) tell('PUB-11', `a report of ${effect.route} comes anyway`)
    route.reading = effect.reading
    facts.step.readings.add(effect.route)
  },

  settled(facts, tell) {
    const { step, authority, config, stop } = facts
    if (step.wentOnline === null || step.wentOnline === 'renewal' || stop.reason !== null) return
    for (const name of facts.commands.keys()) {
      const isThere =
        authority.catalog !== null && routeNamed(config, authority.catalog, name)?.desiredTopic != null
      if (isThere && !step.readings.has(name) && !isToldAnyway(facts, name))
        tell('PUB-11', `the physical value of ${name} is asked for`)
    }
  },
}

/** Whether a report of the route waits, or will come from a command that is open. */
function isToldAnyway(facts: Facts, name: string): boolean {
  const { authority, config, commands, outbox } = facts
  const route = commands.get(name)
  if (route !== undefined && hasOpenCommand(route)) return true
  const topicOf = (one: string) =>
    authority.catalog === null ? undefined : routeNamed(config, authority.catalog, one)?.feedDataTopic
  return outbox.pending.some((report) => report.route === name || topicOf(report.route) === topicOf(name))
}
