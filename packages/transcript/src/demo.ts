import type { DeviceOptions, JsonObject, JsonValue } from '@realer-device/core'

/** The device of every story, unless the story configures it otherwise: two sensors and two command routes. */
export const demoOptions = {
  deviceId: 12345,
  routes: { temperature: 'rte_t', humidity: 'rte_h', valve: 'rte_v', lamp: 'rte_l' },
  commandRoutes: ['valve', 'lamp'],
  durable: true,
} satisfies DeviceOptions

/** The token endpoint's answer. */
export const tokenBody: JsonObject = {
  access_token: 'demo-bearer-token',
  token_type: 'Bearer',
  expires_in: 3600,
}

/** The catalog's answer. Its topics are short, for the eye; a device takes them as they come (CAT-2). */
export const catalogBody: JsonObject = {
  code: 2000,
  mqtt: {
    broker_url: 'mqtts://mqtt.example.com:8883',
    client_id: 'cdv_demo',
    feed_data_ack_topic: 'demo/acks',
    credential_endpoint: {
      endpoint: '/iot/v1/mqtt-credentials',
      body: { device_id: 12345, scopes: ['iot:mqtt:connect', 'iot:mqtt:ack:read'] },
    },
  },
  mqtt_routes: [sensor('rte_t'), sensor('rte_h'), command('rte_v'), command('rte_l')],
}

/** The credential endpoint's answer. */
export const tupleBody: JsonObject = {
  code: 2000,
  mqtt: {
    mqtt_client_id: 'cdv_demo',
    mqtt_username: 'demo-user',
    mqtt_credential: 'demo-credential',
    scopes: ['iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:feed-data:write', 'iot:mqtt:desired:read'],
    expires_in: 3600,
    renew_after: 2700,
    session_hard_expires_in: 3600,
  },
}

/** The time of observation of every report, unless the story says otherwise. */
export const demoObservedAt = '2026-04-29T10:00:01Z'

function sensor(route: string): JsonObject {
  return { source_type: 'sensor', mqtt: { feed_data_topic: `demo/${route}/feed-data` } }
}

function command(route: string): JsonObject {
  return {
    source_type: 'command',
    mqtt: { feed_data_topic: `demo/${route}/feed-data`, desired_topic: `demo/${route}/desired` },
  }
}

/** A JSON Merge Patch (RFC 7396): fields replace fields, objects are merged, `null` takes a field away. */
export function mergePatch(target: JsonValue, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, change] of Object.entries(patch))
    if (change === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name) ?? null, change))
  return Object.fromEntries(merged)
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
