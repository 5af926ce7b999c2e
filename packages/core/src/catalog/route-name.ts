import type { DeviceConfig } from '../config.ts'
import type { Catalog, Route } from './catalog.ts'

/**
 * Finds the catalog route that a name means: the configuration's own name for it, else the route's
 * `feed_data_topic`, else one level of that topic which no other route has. Null where none or several match.
 */
export function findRoute(config: DeviceConfig, catalog: Catalog, name: string): Route | null {
  const selector = (Object.hasOwn(config.routes, name) ? config.routes[name] : undefined) ?? name
  const exact = catalog.routes.find((route) => route.feedDataTopic === selector)
  if (exact !== undefined) return exact
  const [match, ...others] = catalog.routes.filter((route) =>
    route.feedDataTopic.split('/').includes(selector),
  )
  return match !== undefined && others.length === 0 ? match : null
}

/** The command routes that this firmware handles, with the names it gave them (SUB-4). */
export function handledRoutes(
  config: DeviceConfig,
  catalog: Catalog,
): { name: string; route: Route; desiredTopic: string }[] {
  return config.commandRoutes.flatMap((name) => {
    const route = findRoute(config, catalog, name)
    return route?.desiredTopic == null ? [] : [{ name, route, desiredTopic: route.desiredTopic }]
  })
}
