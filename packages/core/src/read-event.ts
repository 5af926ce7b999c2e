import * as v from 'valibot'
import type { DeviceEvent } from './event.ts'
import { isJsonValue, type JsonValue } from './json.ts'
import { isUtcInstant } from './payload/utc-instant.ts'
import { type TimerName, timers } from './timer.ts'
import { type Fault, validate } from './validate.ts'

const id = v.string()
const text = v.string()
const count = v.pipe(v.number(), v.safeInteger('is not a whole number'), v.minValue(1, 'is less than 1'))
const lifetimeMs = v.pipe(v.number(), v.finite('is not finite'), v.minValue(1, 'is less than 1'))
const delayMs = v.pipe(v.number(), v.finite('is not finite'), v.minValue(0, 'is less than 0'))
const reasonCode = v.pipe(
  v.number(),
  v.integer('is not a whole number'),
  v.minValue(0, 'is less than 0'),
  v.maxValue(0xff, 'is more than 255'),
)
const json = v.custom<JsonValue>(isJsonValue, 'is not JSON')

/** What an observation holds is judged with its report, where the host gets a refusal of its own (PUB-3). */
const observation = {
  messageId: text,
  value: v.optional(v.unknown()),
  valueReceivedAt: v.optional(v.unknown()),
}

const catalog = v.object({
  brokerUrl: text,
  clientId: text,
  feedDataAckTopic: text,
  feedDataAckSubscribeScope: text,
  credentialEndpoint: v.nullable(
    v.object({ endpoint: text, method: text, body: v.record(v.string(), json) }),
  ),
  limits: v.object({
    maxPayloadBytes: v.nullable(count),
    maxInflightMessages: v.nullable(count),
    keepAliveSeconds: v.nullable(count),
  }),
  routes: v.array(
    v.object({
      sourceType: v.picklist(['sensor', 'command']),
      feedDataTopic: text,
      feedDataPublishScope: text,
      desiredTopic: v.nullable(text),
      desiredSubscribeScope: text,
    }),
  ),
})

const schemas: { readonly [type in Exclude<DeviceEvent['type'], `timer.${string}`>]: v.GenericSchema } = {
  reportOffered: event('reportOffered', { route: text, ...observation }),
  commandFinished: event('commandFinished', {
    desiredId: text,
    outcome: v.picklist(['applied', 'rejected']),
    ...observation,
  }),
  valueRead: event('valueRead', { desiredId: text, ...observation }),
  routeValueRead: event('routeValueRead', { reading: id, ...observation }),
  routeValueUnknown: event('routeValueUnknown', { reading: id }),
  commandLate: event('commandLate', { desiredId: text }),
  valueUnknown: event('valueUnknown', { desiredId: text }),
  stopRequested: event('stopRequested', {
    reason: v.picklist(['shutdown', 'decommissioning', 'compromise']),
  }),
  tokenIssued: event('tokenIssued', {
    call: id,
    expiresInMs: lifetimeMs,
    renewAfterMs: v.nullable(lifetimeMs),
  }),
  catalogRead: event('catalogRead', { call: id, catalog }),
  tupleIssued: event('tupleIssued', {
    call: id,
    clientId: text,
    username: text,
    scopes: v.array(text),
    expiresInMs: lifetimeMs,
    renewAfterMs: v.nullable(lifetimeMs),
    sessionHardExpiresInMs: v.nullable(lifetimeMs),
  }),
  tokenRevoked: event('tokenRevoked', { call: id }),
  callRefused: event('callRefused', {
    call: id,
    status: v.pipe(v.number(), v.finite('is not finite')),
    code: v.nullable(v.union([v.pipe(v.number(), v.finite('is not finite')), text])),
  }),
  callFailed: event('callFailed', {
    call: id,
    failure: v.picklist(['network', 'tls', 'timeout', 'server', 'busy', 'malformed']),
    detail: text,
    field: v.nullable(text),
    retryAfterMs: v.nullable(delayMs),
  }),
  mqttConnected: event('mqttConnected', {
    connection: id,
    receiveMaximum: count,
    maximumPacketSize: v.nullable(count),
  }),
  mqttRefused: event('mqttRefused', { connection: id, reasonCode }),
  mqttSubscribed: event('mqttSubscribed', {
    connection: id,
    grants: v.array(v.object({ topic: text, reasonCode })),
  }),
  mqttPublishAnswered: event('mqttPublishAnswered', { connection: id, delivery: id, reasonCode }),
  mqttMessageReceived: event('mqttMessageReceived', { connection: id, topic: text, payload: text }),
  mqttClosed: event('mqttClosed', {
    connection: id,
    cause: v.picklist(['client', 'server', 'network', 'tls', 'keepAlive', 'timeout', 'protocolError']),
    reasonCode: v.nullable(reasonCode),
    detail: text,
  }),
}

const timerSchemas = Object.fromEntries(
  Object.keys(timers).map((name) => [`timer.${name}`, event(`timer.${name as TimerName}`, { timer: id })]),
)

const eventSchemas: ReadonlyMap<string, v.GenericSchema> = new Map(
  Object.entries({ ...schemas, ...timerSchemas }),
)

function event(type: DeviceEvent['type'], fields: v.ObjectEntries): v.GenericSchema {
  return v.object({ type: v.literal(type), ...fields })
}

const moment = v.object({
  now: v.pipe(v.number(), v.finite('is not finite')),
  random: v.pipe(v.number(), v.minValue(0, 'is less than 0'), v.ltValue(1, 'is not less than 1')),
  wallClock: v.optional(v.pipe(text, v.check(isUtcInstant, 'is not an instant of ISO 8601 in UTC'))),
})

/**
 * Checks what came in at the one door (CORE-3): an event of a known type, with the fields of that type and no
 * others, at a moment that is one. A fault names the field.
 */
export function readEvent(input: {
  readonly now: unknown
  readonly random: unknown
  readonly wallClock?: unknown
  readonly event: unknown
}): { ok: true; event: DeviceEvent } | ({ ok: false } & Fault) {
  const { event } = input
  const type: unknown = (event as { type?: unknown } | null | undefined)?.type
  const schema = typeof type === 'string' ? eventSchemas.get(type) : undefined
  if (schema === undefined) return { ok: false, field: 'type', message: 'type is not that of an event.' }
  const timed = validate(moment, input)
  if (!timed.ok) return timed
  const read = validate(schema, event)
  return read.ok ? { ok: true, event: read.value as DeviceEvent } : read
}
