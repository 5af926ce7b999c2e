import type { CallEffect, CallPurpose, HttpAnswer } from '@realer-device/core'
import type { Chance } from './chance.ts'

/** The scopes of a CONNECT tuple. */
const scopes = ['iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:feed-data:write', 'iot:mqtt:desired:read']

/** The routes of every catalog, the sensor first. */
export const routeNames = ['rte_temperature', 'rte_valve', 'rte_door'] as const

function catalogBody(prefix: string, changes: object = {}, routes: readonly string[] = routeNames) {
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
        body: { device_id: 12345, scopes },
      },
      ...changes,
    },
    mqtt_routes: routes.map((name) => ({
      source_type: name === 'rte_temperature' ? 'sensor' : 'command',
      mqtt: {
        feed_data_topic: `${prefix}/routes/${name}/feed-data`,
        ...(name !== 'rte_temperature' && { desired_topic: `${prefix}/routes/${name}/desired` }),
      },
    })),
  }
}

const goodCatalog = catalogBody('realer/a')

const catalogs: readonly object[] = [
  goodCatalog,
  catalogBody('realer/a', {
    limits: { max_payload_bytes: 150, max_inflight_messages: 2, keep_alive_seconds: 30 },
  }),
  catalogBody('realer/moved/ä', { broker_url: 'mqtts://other.example.com:8883', unknown: [null, 1e21] }),
  catalogBody('realer/a', {}, routeNames.slice(0, 2)),
  catalogBody('realer/a', { credential_endpoint: null }),
  catalogBody('realer/a', { broker_url: 'mqtt://plain.example.com' }),
]

/** Answers that no cloud should give: broken JSON, wrong types, numbers at the edges. */
const oddBodies = [
  '',
  '{',
  'null',
  '[]',
  '{"code":2000}',
  '{"code":4001}',
  '{"code":4004}',
  '{"code":4029}',
  '{"code":5000}',
  '{"error":"invalid_client"}',
  '{"__proto__":{"code":2000}}',
  '{"access_token":"t","token_type":"Bearer","expires_in":1e300}',
  '{"access_token":"t","token_type":"bearer","expires_in":60.5,"renew_after":0}',
  '{"access_token":"t","token_type":"MAC","expires_in":60}',
  '{"mqtt":{"mqtt_client_id":"c","mqtt_username":"u","mqtt_credential":"p","scopes":[],"expires_in":60,"renew_after":60,"session_hard_expires_in":30}}',
  '{"mqtt":{"mqtt_client_id":"c","mqtt_username":"u","mqtt_credential":"p","scopes":["iot:mqtt:connect"],"expires_in":60}}',
  '{"mqtt":{"mqtt_client_id":"c","mqtt_username":"u","mqtt_credential":"p","scopes":["__proto__"],"expires_in":-1}}',
  '{"mqtt":{"broker_url":"mqtts://b","client_id":"c","feed_data_ack_topic":"a"},"mqtt_routes":[]}',
  '{"mqtt":{"broker_url":"mqtts://b","client_id":"c","feed_data_ack_topic":"a/#"},"mqtt_routes":[{"source_type":"lamp"}]}',
  `${'['.repeat(500)}${']'.repeat(500)}`,
] as const

/** The answer of a cloud that does well: 200, and a body that the purpose asks for. */
export function goodAnswer({ purpose, call }: CallEffect, chance: Chance): HttpAnswer {
  return answer(200, bodyOf(purpose, call, 3_600, scopes, goodCatalog, chance))
}

/** Any other answer: a refusal, a failure, a code in the body, a short life, few scopes, another catalog, nonsense. */
export function oddAnswer({ purpose, call }: CallEffect, chance: Chance): HttpAnswer {
  const retryAfterSeconds = chance.of([null, 0, 5, 0.25, 1e300, -1])
  if (chance.oneIn(3))
    return {
      status: chance.of([302, 400, 401, 401, 403, 404, 408, 429, 500, 503]),
      retryAfterSeconds,
      body: '',
    }
  if (chance.oneIn(4)) return answer(chance.of([200, 201, 400, 401]), chance.of(oddBodies))
  const granted = chance.oneIn(2) ? withoutOne(chance) : scopes
  return answer(
    201,
    bodyOf(purpose, call, chance.of([1, 5, 60, 90.5, 3_600]), granted, chance.of(catalogs), chance),
  )
}

/** The scopes but one. */
function withoutOne(chance: Chance): readonly string[] {
  const missing = chance.of(scopes)
  return scopes.filter((scope) => scope !== missing)
}

function answer(status: number, body: string): HttpAnswer {
  return { status, retryAfterSeconds: null, body }
}

/** `seconds` is the life of what is issued; the secret of a call is its own. */
function bodyOf(
  purpose: CallPurpose,
  call: string,
  seconds: number,
  granted: readonly string[],
  catalog: object,
  chance: Chance,
): string {
  const bodies = {
    token: {
      access_token: `token-${call}`,
      token_type: 'Bearer',
      expires_in: seconds,
      ...(chance.oneIn(2) && { renew_after: seconds / 3 }),
    },
    catalog,
    credential: {
      code: 2000,
      mqtt: {
        mqtt_client_id: 'cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa',
        mqtt_username: 'cdv_ü',
        mqtt_credential: `password-${call}`,
        scopes: granted,
        expires_in: seconds,
        renew_after: chance.of([seconds * 0.75, seconds / 3, seconds, 0, null]),
        session_hard_expires_in: chance.of([seconds, seconds * 2, seconds / 2, null]),
      },
    },
    revoke: {},
  }
  return JSON.stringify(bodies[purpose])
}
