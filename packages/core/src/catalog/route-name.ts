import type { DeviceConfig } from '../config.ts'
import type { Catalog, Route } from './catalog.ts'

/**
 * Finds the catalog route that a name means: the configuration's own name for it, else the route's
 * `feed_data_topic`, else one level of that topic which no other route has. Null where none or several match.
 */
export function findRoute(config: DeviceConfig, catalog: Catalog, name: string): Route | null {
  const selector = selectorOf(config, name)
  const exact = catalog.routes.find((route) => route.feedDataTopic === selector)
  if (exact !== undefined) return exact
  const [match, ...others] = catalog.routes.filter((route) =>
    route.feedDataTopic.split('/').includes(selector),
  )
  return match !== undefined && others.length === 0 ? match : null
}

/** What a name selects in a catalog: it outlives the firmware's own name for the route. */
export function selectorOf({ routes }: DeviceConfig, name: string): string {
  return (Object.hasOwn(routes, name) ? routes[name] : undefined) ?? name
}

/** The firmware's own name for a selector; the selector itself where it has none. */
export function nameOf(config: DeviceConfig, selector: string): string {
  const names = [...config.commandRoutes, ...Object.keys(config.routes)]
  return names.find((name) => selectorOf(config, name) === selector) ?? selector
}

/** The command routes that this firmware handles, with the names it gave them (SUB-4). */
export function handledRoutes(
  config: DeviceConfig,
  catalog: Catalog,
): { name: string; route: Route; desiredTopic: string }[] {
  const handled = config.commandRoutes.flatMap((name) => {
    const route = findRoute(config, catalog, name)
    return route?.desiredTopic == null ? [] : [{ name, route, desiredTopic: route.desiredTopic }]
  })
  // A topic has one handler: a second name for its route is none (and is told, for no command comes by it).
  return handled.filter(
    ({ desiredTopic }, at) => handled.findIndex((other) => other.desiredTopic === desiredTopic) === at,
  )
}
