import type { Fault } from '@realer-device/sandbox'
import fc from 'fast-check'

/**
 * What the firmware does with a command. `slow` moves the actuator at once and answers later; `stuck` too, but not before
 * the device is locally safe, or its faults are over.
 */
export type Handling = 'applies' | 'rejects' | 'throws' | 'slow' | 'stuck'

/** One thing that the world does to a device and its cloud. */
export type Action =
  | { readonly do: 'report'; readonly route: RouteName; readonly times: number }
  | {
      readonly do: 'desire'
      readonly route: CommandRouteName
      readonly windowSeconds: number
      readonly handling: Handling
    }
  | { readonly do: 'desire-raw'; readonly route: CommandRouteName; readonly text: string }
  | { readonly do: 'resend'; readonly back: number }
  | { readonly do: 'fault'; readonly fault: Fault }
  | { readonly do: 'drop' }
  | { readonly do: 'disconnect'; readonly reasonCode: number }
  | { readonly do: 'expire-credentials' }
  | { readonly do: 'set-available'; readonly available: boolean }
  | {
      readonly do: 'wait'
      readonly until: 'online' | 'offline' | 'call' | 'connect' | 'publish' | 'command' | 'step'
      /** Whether it must come; random schedules cannot know. */
      readonly surely?: true
    }

/** A schedule, and how it ends. */
export interface Schedule {
  readonly actions: readonly Action[]
  /** `recover`: all faults end, and the device must find its way back. `stop`: it is stopped in the midst. */
  readonly ending: 'recover' | 'stop'
  /** Whether tuples and tokens last seconds or an hour. */
  readonly lifetimes: 'short' | 'long'
  /** `receive_maximum` of the broker. */
  readonly receiveMaximum: number
}

export const sensorRoutes = ['temperature', 'humidity'] as const
export const commandRoutes = ['door', 'heater'] as const
export type CommandRouteName = (typeof commandRoutes)[number]
export type RouteName = (typeof sensorRoutes)[number] | CommandRouteName

const commandRoute = fc.constantFrom(...commandRoutes)
const route = fc.constantFrom<RouteName>(...sensorRoutes, ...commandRoutes)
const report = fc.record({ do: fc.constant('report' as const), route, times: fc.constantFrom(1, 1, 1, 2, 9) })
const desire = fc.record({
  do: fc.constant('desire' as const),
  route: commandRoute,
  windowSeconds: fc.constantFrom(0.05, 0.3, 60, 60),
  handling: fc.constantFrom<Handling>('applies', 'applies', 'rejects', 'throws', 'slow', 'stuck'),
})
const desireRaw = fc.record({
  do: fc.constant('desire-raw' as const),
  route: commandRoute,
  text: fc.constantFrom(
    '{',
    'null',
    '{"version":9,"desired_id":"des_00000000000000000000000009"}',
    '{"version":1,"desired_id":"des_00000000000000000000000001","value":"x","sequence_number":1}',
    '{"version":1,"desired_id":"des_00000000000000000000000002","valid_for_seconds":60,"sequence_number":-1}',
  ),
})
const resend = fc.record({ do: fc.constant('resend' as const), back: fc.nat({ max: 3 }) })
const wait = fc.record({
  do: fc.constant('wait' as const),
  until: fc.constantFrom('online', 'offline', 'call', 'connect', 'publish', 'command', 'step'),
})

const answers: readonly Extract<Fault, { answer: unknown }>['answer'][] = [
  { status: 400 },
  { status: 401 },
  { status: 401, code: 4001 },
  { status: 402, code: 4002 },
  { status: 403, code: 4003 },
  { status: 404, code: 4004 },
  { status: 429, retryAfter: 0 },
  { status: 429, retryAfter: 1 },
  { status: 429 },
  { status: 500 },
  { status: 503, retryAfter: 'Thu, 01 Jan 1970 00:00:00 GMT' },
  { status: 302 },
  { status: 200, code: 4001 },
  { status: 200, code: 5000 },
]

/** Bodies that lack what is needed, or that make no sense; each must be a fault, never a crash or a loop (CAT-7, CRED-6). */
const patches = {
  token: [
    { delete: ['access_token'] },
    { delete: ['expires_in'] },
    { delete: ['renew_after'] },
    { set: { expires_in: 0 } },
    { set: { expires_in: '3600' } },
    { set: { renew_after: -1 } },
    { set: { token_type: 'mac' } },
    { set: { scope: 7 } },
  ],
  catalog: [
    { delete: ['mqtt'] },
    { delete: ['mqtt.broker_url'] },
    { delete: ['mqtt.feed_data_ack_topic'] },
    { delete: ['mqtt_routes'] },
    { delete: ['mqtt_routes.0.mqtt'] },
    { delete: ['mqtt_routes.2.mqtt.desired_topic'] },
    { delete: ['mqtt.credential_endpoint'] },
    { delete: ['code'] },
    { set: { 'mqtt.broker_url': 'mqtt://127.0.0.1:1883' } },
    { set: { 'mqtt.broker_url': 'mqtts://127.0.0.1:1' } },
    { set: { 'mqtt.credential_endpoint.endpoint': 'https://elsewhere.example/' } },
    { set: { 'mqtt.limits.max_inflight_messages': 1 } },
    { set: { 'mqtt.limits': 'none' } },
  ],
  credential: [
    { delete: ['mqtt'] },
    { delete: ['mqtt.mqtt_credential'] },
    { delete: ['mqtt.expires_in'] },
    { delete: ['mqtt.scopes'] },
    { delete: ['code'] },
    { set: { 'mqtt.expires_in': 0 } },
    { set: { 'mqtt.expires_in': -5 } },
    { set: { 'mqtt.renew_after': 7200 } },
    { set: { 'mqtt.session_hard_expires_in': 1, 'mqtt.renew_after': 1 } },
    { set: { 'mqtt.mqtt_credential': 'not-the-credential' } },
    { set: { 'mqtt.mqtt_username': 'nobody' } },
    { set: { 'mqtt.mqtt_client_id': 'cdv_somebodyelse' } },
    { set: { code: 4003 } },
  ],
} satisfies Record<string, Extract<Fault, { patch: unknown }>['patch'][]>

const connackRefusals = [
  ...[0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99],
  ...[0x9a, 0x9b, 0x9c, 0x9d, 0x9f, 0xc3],
]
const disconnections = [
  ...[0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97],
  ...[0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2, 0xe7],
]

/** Every fault of a schedule, by its place. */
export const everyFault: { readonly [place in Fault['at']]: readonly Fault[] } = {
  token: httpFaults('token'),
  catalog: httpFaults('catalog'),
  credential: httpFaults('credential'),
  revoke: httpFaults('revoke'),
  connect: [
    ...connackRefusals.map((refuse): Fault => ({ at: 'connect', refuse })),
    { at: 'connect', do: 'drop' },
    { at: 'connect', do: 'hang' },
  ],
  subscribe: [0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0xa2].map((refuse) => ({ at: 'subscribe', refuse })),
  publish: [
    ...[0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99].map((refuse): Fault => ({ at: 'publish', refuse })),
    { at: 'publish', delayMs: 1 },
    { at: 'publish', delayMs: 60 },
    { at: 'publish', do: 'drop' },
    { at: 'publish', do: 'execute-then-drop' },
    { at: 'publish', do: 'withhold-puback' },
  ],
  acknowledgement: [
    ...(['rejected', 'error', 'conflict'] as const).flatMap((status) =>
      [true, false].map((retryable): Fault => ({ at: 'acknowledgement', nack: { status, retryable } })),
    ),
    { at: 'acknowledgement', delayMs: 1 },
    { at: 'acknowledgement', delayMs: 80 },
    ...(['swallow', 'duplicate', 'reorder', 'malformed'] as const).map(
      (what): Fault => ({ at: 'acknowledgement', do: what }),
    ),
  ],
  desired: (['duplicate', 'reorder', 'swallow'] as const).map((what) => ({ at: 'desired', do: what })),
}

function httpFaults(at: 'token' | 'catalog' | 'credential' | 'revoke'): Fault[] {
  return [
    ...answers.map((answer): Fault => ({ at, answer })),
    ...(at === 'revoke' ? [] : patches[at]).map((patch): Fault => ({ at, patch })),
    { at, delayMs: 1 },
    { at, delayMs: 40 },
    { at, do: 'reset' },
    { at, do: 'hang' },
    { at, do: 'malformed' },
  ]
}

const weights: { readonly [place in Fault['at']]: number } = {
  token: 2,
  catalog: 3,
  credential: 4,
  revoke: 1,
  connect: 4,
  subscribe: 2,
  publish: 4,
  acknowledgement: 4,
  desired: 2,
}

const fault = fc
  .record({
    one: fc.oneof(
      ...(Object.keys(everyFault) as Fault['at'][]).map((place) => ({
        weight: weights[place],
        arbitrary: fc.constantFrom(...everyFault[place]),
      })),
    ),
    times: fc.constantFrom(1, 1, 1, 2, 4),
  })
  // A call that hangs is bounded by the call's own time-out, which is long beside a schedule: once is enough.
  .map(({ one, times }): Action => {
    const hangs = 'do' in one && one.do === 'hang'
    return { do: 'fault', fault: { ...one, times: hangs ? 1 : times } }
  })

const atOnce = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Action>({ do: 'drop' }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...disconnections)
      .map((reasonCode): Action => ({ do: 'disconnect', reasonCode })),
  },
  fc.constant<Action>({ do: 'expire-credentials' }),
  fc.boolean().map((available): Action => ({ do: 'set-available', available })),
)

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: report },
  { weight: 3, arbitrary: desire },
  { weight: 6, arbitrary: fault },
  { weight: 3, arbitrary: atOnce },
  { weight: 4, arbitrary: wait },
  resend,
  desireRaw,
)

/** Schedules of 6 to 15 actions. */
export const schedule: fc.Arbitrary<Schedule> = fc.record({
  actions: fc.array(action, { minLength: 6, maxLength: 15, size: 'max' }),
  ending: fc.constantFrom('recover', 'recover', 'recover', 'stop'),
  lifetimes: fc.constantFrom('short', 'long'),
  receiveMaximum: fc.constantFrom(1, 2, 20),
})

/** The same without what Mosquitto cannot do (the sandbox's README has the list). */
export const mosquittoSchedule: fc.Arbitrary<Schedule> = schedule.map((made) => ({
  ...made,
  actions: made.actions.filter(mosquittoCan),
}))

function mosquittoCan(one: Action): boolean {
  if (one.do === 'disconnect') return one.reasonCode === 0x98
  if (one.do !== 'fault') return true
  const { fault: ordered } = one
  if (ordered.at === 'subscribe' || ordered.at === 'publish') return false
  return !(ordered.at === 'connect' && 'refuse' in ordered && ordered.refuse !== 0x87)
}
