import { newClientId, routeIdOf } from './ids.ts'
import type { Settings } from './options.ts'
import { SCOPES, type Scope } from './scopes.ts'

/** A route of the device, as the catalog names it (CAT-5). */
export interface SandboxRoute {
  /** `rte_` and 26 characters, readable: the name in lower case, padded with zeros. */
  routeId: string
  /** What the route is. */
  sourceType: 'sensor' | 'command'
  /** Where the device publishes. */
  feedDataTopic: string
  /** Where the device receives desired states; command routes only. */
  desiredTopic?: string
}

/** The one device that a sandbox knows: who it is, and its topics. */
export interface SandboxDevice {
  deviceId: string | number
  /** OAuth client id and MQTT client id in one (`cdv_` and 26 characters). */
  clientId: string
  acknowledgementTopic: string
  routes: Record<string, SandboxRoute>
  /** The scopes that the catalog's credential request names. */
  defaultScopes: Scope[]
}

/** Lays out the device's topics from the route names. */
export function layOutDevice(settings: Settings): SandboxDevice {
  const clientId = newClientId()
  const root = `realer/iot/v1/devices/${clientId}`
  const routes: Record<string, SandboxRoute> = {}
  for (const name of settings.routes.sensors) {
    const routeId = routeIdOf(name)
    routes[name] = { routeId, sourceType: 'sensor', feedDataTopic: `${root}/routes/${routeId}/feed-data` }
  }
  for (const name of settings.routes.commands) {
    const routeId = routeIdOf(name)
    routes[name] = {
      routeId,
      sourceType: 'command',
      feedDataTopic: `${root}/routes/${routeId}/feed-data`,
      desiredTopic: `${root}/routes/${routeId}/desired`,
    }
  }
  const hasCommands = settings.routes.commands.length > 0
  return {
    deviceId: settings.deviceId,
    clientId,
    acknowledgementTopic: `${root}/acks`,
    routes,
    defaultScopes: SCOPES.filter(
      (scope) => scope !== 'iot:catalog:read' && (hasCommands || scope !== 'iot:mqtt:desired:read'),
    ),
  }
}

/** What a topic is to the device; undefined for a topic that its catalog does not name. */
export type TopicRole =
  | { role: 'acknowledgements' }
  | { role: 'feed-data'; route: string }
  | { role: 'desired'; route: string }

/** Finds out what a topic is to the device. */
export function roleOfTopic(device: SandboxDevice, topic: string): TopicRole | undefined {
  if (topic === device.acknowledgementTopic) return { role: 'acknowledgements' }
  for (const [route, { feedDataTopic, desiredTopic }] of Object.entries(device.routes)) {
    if (topic === feedDataTopic) return { role: 'feed-data', route }
    if (topic === desiredTopic) return { role: 'desired', route }
  }
  return undefined
}
