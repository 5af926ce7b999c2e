import { findRoute, handledRoutes } from '../catalog/route-name.ts'
import type { JsonValue } from '../json.ts'
import type { Plan } from '../session/plan.ts'
import { commandsOf, setCommands } from './memory.ts'

/** Remembers the value that a report of a command route tells, to see later whether it has changed (PUB-11). */
export function rememberReported(plan: Plan, route: string, value: JsonValue): void {
  setLastReported(plan, route, { value })
}

/** The report that told it has failed: the cloud does not know the value (PUB-11). */
export function forgetReported(plan: Plan, route: string): void {
  setLastReported(plan, route, null)
}

function setLastReported(
  plan: Plan,
  route: string,
  lastReported: { readonly value: JsonValue } | null,
): void {
  const name = commandRouteOf(plan, route)
  if (name === null) return
  setCommands(plan, name, { ...commandsOf(plan, name), lastReported })
}

/** The handled command route that a report's route means, whatever name the host used for it. */
export function commandRouteOf(plan: Plan, route: string): string | null {
  const { config, catalog } = plan.context
  if (config.commandRoutes.includes(route)) return route
  if (catalog === null) return null
  const topic = findRoute(config, catalog, route)?.feedDataTopic
  return handledRoutes(config, catalog).find((handled) => handled.route.feedDataTopic === topic)?.name ?? null
}
