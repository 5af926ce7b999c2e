import type { Catalog, DeviceConfig, Route } from '@realer-device/core'

/** The catalog's route that a name means: its topic, or a level of its topic that no other route has (CAT-5). */
export function routeNamed(config: DeviceConfig, catalog: Catalog, name: string): Route | null {
  const selector = Object.hasOwn(config.routes, name) ? (config.routes[name] ?? name) : name
  const whole = catalog.routes.find(({ feedDataTopic }) => feedDataTopic === selector)
  if (whole !== undefined) return whole
  const matches = catalog.routes.filter(({ feedDataTopic }) => feedDataTopic.split('/').includes(selector))
  return matches.length === 1 ? (matches[0] ?? null) : null
}

/** The topics that a session subscribes to, with what each is for (SUB-1, SUB-4, CRED-4). */
export interface Topics {
  /** Null where the credential may not read acknowledgements (ACK-7). */
  readonly acknowledgement: string | null
  /** Desired topic → the command route's name. */
  readonly desired: ReadonlyMap<string, string>
}

/** What is to be subscribed to with these scopes. */
export function topicsOf(config: DeviceConfig, catalog: Catalog, scopes: readonly string[]): Topics {
  const desired = new Map<string, string>()
  for (const name of config.commandRoutes) {
    const route = routeNamed(config, catalog, name)
    if (route?.desiredTopic == null || !scopes.includes(route.desiredSubscribeScope)) continue
    if (!desired.has(route.desiredTopic)) desired.set(route.desiredTopic, name)
  }
  const reads = scopes.includes(catalog.feedDataAckSubscribeScope)
  return { acknowledgement: reads ? catalog.feedDataAckTopic : null, desired }
}
