import type { Catalog } from '@realer-device/core'

const device = 'realer/iot/v1/devices/cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa'

/** The scopes of a CONNECT tuple. */
export const allScopes = [
  'iot:mqtt:connect',
  'iot:mqtt:ack:read',
  'iot:mqtt:feed-data:write',
  'iot:mqtt:desired:read',
]

/** The body of a catalog answer: a sensor and two command routes, below a prefix of topics. */
export function catalogBody(prefix = device, changes: object = {}) {
  return {
    code: 2000,
    mqtt: {
      broker_url: 'mqtts://mqtt.example.com:8883',
      protocol: 'mqtt-5.0',
      client_id: 'cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      feed_data_ack_topic: `${prefix}/acks`,
      credential_endpoint: {
        endpoint: '/iot/v1/mqtt-credentials',
        http_method: 'POST',
        body: { device_id: 12345, scopes: allScopes },
      },
      ...changes,
    },
    mqtt_routes: [
      { source_type: 'sensor', mqtt: { feed_data_topic: `${prefix}/routes/rte_temperature/feed-data` } },
      commandRoute(prefix, 'rte_valve'),
      commandRoute(prefix, 'rte_door'),
    ],
  }
}

function commandRoute(prefix: string, name: string) {
  return {
    source_type: 'command',
    mqtt: {
      feed_data_topic: `${prefix}/routes/${name}/feed-data`,
      desired_topic: `${prefix}/routes/${name}/desired`,
    },
  }
}

/** Catalogs that a cloud may answer with, the good one first. */
export const catalogBodies: readonly object[] = [
  catalogBody(),
  catalogBody(device, { credential_endpoint: null }),
  { ...catalogBody(device, { credential_endpoint: null }), mqtt_routes: [] },
  catalogBody(device, {
    limits: { max_payload_bytes: 150, max_inflight_messages: 2, keep_alive_seconds: 30 },
  }),
  catalogBody('realer/moved', { broker_url: 'mqtts://other.example.com:8883', more: { __proto__: null } }),
  { ...catalogBody(), mqtt_routes: catalogBody().mqtt_routes.slice(0, 2) },
]

/** The topics of the catalog's routes, for messages on them. */
export const topics: Pick<Catalog, 'feedDataAckTopic'> & { desired: readonly string[] } = {
  feedDataAckTopic: `${device}/acks`,
  desired: [`${device}/routes/rte_valve/desired`, `${device}/routes/rte_door/desired`],
}
