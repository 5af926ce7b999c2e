import { handledRoutes } from '../catalog/route-name.ts'
import type { HostEvent } from '../event.ts'
import { sameJson } from '../json.ts'
import { takeReport } from '../report/decisions.ts'
import { type Plan, takeId } from '../session/plan.ts'
import type { SessionSignal } from '../session/signal.ts'
import { commandRouteOf } from './last-reported.ts'
import { commandsOf, setCommands } from './memory.ts'

type EventOf<Type extends HostEvent['type']> = Extract<HostEvent, { type: Type }>

/**
 * The device was offline: the host is asked for the physical value of every handled command route of which no report
 * waits, for it may have changed (PUB-11). A renewal is no offline period: what changes then is reported as ever.
 */
export function askForRouteValues(
  plan: Plan,
  { after }: Extract<SessionSignal, { type: 'wentOnline' }>,
): void {
  const { config, catalog } = plan.context
  if (catalog === null || after === 'renewal') return
  for (const { name: route } of handledRoutes(config, catalog)) {
    if (isToldAnyway(plan, route)) continue
    const reading = takeId(plan, 'reading')
    setCommands(plan, route, { ...commandsOf(plan, route), reading })
    plan.effects.push({ type: 'readRouteValue', reading, route })
  }
}

/** The host has read it: a value that the cloud does not know yet is reported as a new event (PUB-6, PUB-11). */
export function reconcile(plan: Plan, event: EventOf<'routeValueRead'>): void {
  const route = endReading(plan, event.reading)
  if (route === null || isToldAnyway(plan, route)) return
  const { lastReported } = commandsOf(plan, route)
  if (lastReported !== null && sameJson(lastReported.value, event.value)) return
  takeReport(plan, { ...event, route })
}

/** The host cannot tell the value: nothing is made up (PUB-10). */
export function missRouteValue(plan: Plan, event: EventOf<'routeValueUnknown'>): void {
  endReading(plan, event.reading)
}

function endReading(plan: Plan, reading: string): string | null {
  for (const [route, commands] of Object.entries(plan.context.commands))
    if (commands.reading === reading) {
      setCommands(plan, route, { ...commands, reading: null })
      return route
    }
  return null
}

/** Whether a report of the route waits in the outbox, or one will come from a command that is open. */
function isToldAnyway(plan: Plan, route: string): boolean {
  if (commandsOf(plan, route).open.length > 0) return true
  return plan.context.reports.some((report) => commandRouteOf(plan, report.route) === route)
}
