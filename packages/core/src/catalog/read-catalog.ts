import * as v from 'valibot'
import { isJsonValue, type JsonObject, type JsonValue } from '../json.ts'
import { type Fault, validate } from '../validate.ts'
import type { Catalog, Route } from './catalog.ts'

const text = v.pipe(v.string(), v.nonEmpty('is empty'))
const topic = v.pipe(
  text,
  v.check((value) => !/[#+]/.test(value) && !value.includes('\0'), 'holds a wildcard'),
)
/** A limit of a form that is not understood is left alone, as an unknown field is (CAT-3). */
const limit = v.fallback(v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1))), null)

const sensorRoute = v.object({
  source_type: v.literal('sensor'),
  mqtt: v.object({
    feed_data_topic: topic,
    feed_data_publish_scope: v.optional(text, 'iot:mqtt:feed-data:write'),
  }),
})

const commandRoute = v.object({
  source_type: v.literal('command'),
  mqtt: v.object({
    feed_data_topic: topic,
    feed_data_publish_scope: v.optional(text, 'iot:mqtt:feed-data:write'),
    desired_topic: topic,
    desired_subscribe_scope: v.optional(text, 'iot:mqtt:desired:read'),
  }),
})

const catalogBody = v.object({
  mqtt: v.object({
    broker_url: v.pipe(text, v.regex(/^mqtts:\/\/[^/\s@]+\/?$/, 'is not an mqtts: address')),
    protocol: v.optional(v.literal('mqtt-5.0')),
    client_id: text,
    feed_data_ack_topic: topic,
    feed_data_ack_subscribe_scope: v.optional(text, 'iot:mqtt:ack:read'),
    credential_endpoint: v.nullish(
      v.object({
        endpoint: v.pipe(text, v.startsWith('/', 'is not a path of the API')),
        http_method: v.optional(v.pipe(text, v.regex(/^[A-Z]+$/, 'is not an HTTP method')), 'POST'),
        body: v.pipe(
          v.looseObject({}),
          v.check((body) => isJsonValue(body), 'is not JSON'),
          v.transform((body) => body as JsonObject),
        ),
      }),
    ),
    limits: v.fallback(
      v.object({
        max_payload_bytes: v.nullish(limit),
        max_inflight_messages: v.nullish(limit),
        keep_alive_seconds: v.nullish(limit),
      }),
      {},
    ),
  }),
  mqtt_routes: v.array(v.looseObject({ source_type: text })),
})

/** Reads the catalog answer's body; what is not understood is left out (CAT-3), a fault names the field (CAT-7). */
export function readCatalog(body: JsonValue): { ok: true; catalog: Catalog } | ({ ok: false } & Fault) {
  const read = validate(catalogBody, body)
  if (!read.ok) return read
  const { mqtt, mqtt_routes } = read.value
  const routes: Route[] = []
  for (const [index, entry] of mqtt_routes.entries()) {
    const route = readRoute(entry)
    if (route === null) continue
    if (!route.ok)
      return {
        ok: false,
        field: `mqtt_routes.${index}.${route.field}`,
        message: `mqtt_routes.${index}.${route.message}`,
      }
    routes.push(route.route)
  }
  const endpoint = mqtt.credential_endpoint
  const catalog: Catalog = {
    brokerUrl: mqtt.broker_url,
    clientId: mqtt.client_id,
    feedDataAckTopic: mqtt.feed_data_ack_topic,
    feedDataAckSubscribeScope: mqtt.feed_data_ack_subscribe_scope,
    credentialEndpoint:
      endpoint == null
        ? null
        : { endpoint: endpoint.endpoint, method: endpoint.http_method, body: endpoint.body },
    limits: {
      maxPayloadBytes: mqtt.limits.max_payload_bytes ?? null,
      maxInflightMessages: mqtt.limits.max_inflight_messages ?? null,
      keepAliveSeconds: mqtt.limits.keep_alive_seconds ?? null,
    },
    routes,
  }
  return { ok: true, catalog }
}

/** One route; null for a source type that this firmware does not know (CAT-3, CAT-5). */
function readRoute(entry: {
  source_type: string
}): { ok: true; route: Route } | ({ ok: false } & Fault) | null {
  if (entry.source_type === 'sensor') {
    const read = validate(sensorRoute, entry)
    if (!read.ok) return read
    const { feed_data_topic: feedDataTopic, feed_data_publish_scope: feedDataPublishScope } = read.value.mqtt
    const desired = { desiredTopic: null, desiredSubscribeScope: 'iot:mqtt:desired:read' }
    return { ok: true, route: { sourceType: 'sensor', feedDataTopic, feedDataPublishScope, ...desired } }
  }
  if (entry.source_type === 'command') {
    const read = validate(commandRoute, entry)
    if (!read.ok) return read
    const { mqtt } = read.value
    return {
      ok: true,
      route: {
        sourceType: 'command',
        feedDataTopic: mqtt.feed_data_topic,
        feedDataPublishScope: mqtt.feed_data_publish_scope,
        desiredTopic: mqtt.desired_topic,
        desiredSubscribeScope: mqtt.desired_subscribe_scope,
      },
    }
  }
  return null
}
