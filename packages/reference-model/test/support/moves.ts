import fc from 'fast-check'

/** One thing that the world does to a device; numbers choose among what is outstanding at that moment. Plain JSON. */
export type Move =
  | { readonly do: 'timePasses'; readonly ms: number }
  | { readonly do: 'timerFires'; readonly lateMs: number }
  | { readonly do: 'callIsAnswered'; readonly how: number; readonly lifeMs: number; readonly scopes: number }
  | { readonly do: 'callBringsBody'; readonly status: number; readonly body: string }
  | { readonly do: 'brokerAnswers'; readonly how: number; readonly reason: number; readonly limit: number }
  | { readonly do: 'connectionCloses'; readonly reason: number | null }
  | { readonly do: 'pubackComes'; readonly which: number; readonly reason: number }
  | {
      readonly do: 'acknowledgementComes'
      readonly which: number
      readonly status: string
      readonly retryable: boolean
    }
  | {
      readonly do: 'desiredStateComes'
      readonly route: number
      readonly id: number
      readonly sequence: number
      readonly validForSeconds: number
      readonly wrong: number
    }
  | { readonly do: 'garbageComes'; readonly topic: number; readonly payload: string }
  | {
      readonly do: 'reportIsOffered'
      readonly route: number
      readonly id: number
      readonly size: number
      readonly wrong: number
    }
  | { readonly do: 'commandEnds'; readonly id: number; readonly how: number; readonly wrong: number }
  | { readonly do: 'routeIsRead'; readonly which: number; readonly how: number }
  | { readonly do: 'deviceRestarts'; readonly clock: 'continued' | 'restarted'; readonly afterMs: number }
  | { readonly do: 'eventRepeats'; readonly back: number }
  | { readonly do: 'strangerComes'; readonly event: unknown }
  | { readonly do: 'allIsWell'; readonly steps: number }
  | { readonly do: 'stopIsAsked'; readonly why: number }

type Kind = Move['do']
type Fields<Of extends Kind> = Omit<Extract<Move, { do: Of }>, 'do'>

function moveOf<Of extends Kind>(
  kind: Of,
  weight: number,
  fields: { readonly [name in keyof Fields<Of>]: fc.Arbitrary<Fields<Of>[name]> },
): { weight: number; arbitrary: fc.Arbitrary<Move> } {
  const arbitrary = fc.record({ do: fc.constant(kind), ...fields } as Record<string, fc.Arbitrary<unknown>>)
  return { weight, arbitrary: arbitrary as unknown as fc.Arbitrary<Move> }
}

/** Mostly the first, else any of the second. */
function mostly<Value>(
  usual: fc.Arbitrary<Value>,
  weight: number,
  rare: fc.Arbitrary<Value>,
): fc.Arbitrary<Value> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: rare })
}

const some = fc.nat({ max: 9 })
const day = 86_400_000
const reason = mostly(
  fc.constantFrom(
    0,
    0x10,
    0x80,
    0x84,
    0x85,
    0x86,
    0x87,
    0x88,
    0x89,
    0x8a,
    0x8b,
    0x8e,
    0x90,
    0x95,
    0x97,
    0x98,
    0x99,
    0x9c,
    0x9d,
    0xa0,
  ),
  6,
  fc.nat({ max: 255 }),
)
/** Names that plain objects know before anybody has put them there. */
const oddNames = ['__proto__', 'constructor', 'hasOwnProperty', '', ' ', 'ä'] as const
const oddNumbers = fc.constantFrom(-1, 0, 0.5, 1e15, 2 ** 53, 1e300, -1e300)

const oddBody = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '',
    '{}',
    'null',
    '[]',
    '{"code":2000}',
    '{"code":4001}',
    '{"code":5000}',
    '{"error":"invalid_client"}',
    '{"__proto__":{"code":2000}}',
    '{"access_token":"t","token_type":"Bearer","expires_in":1e300}',
    '{"access_token":"t","token_type":"Bearer","expires_in":-1}',
    '{"access_token":"t","token_type":"Bearer","expires_in":60,"renew_after":0}',
    '{"access_token":"t","token_type":"Bearer","expires_in":60,"renew_after":600,"more":{"__proto__":1}}',
    '{"mqtt":{"mqtt_client_id":"c","mqtt_username":"u","mqtt_credential":"p","scopes":[],"expires_in":60,"renew_after":60,"session_hard_expires_in":30}}',
    '{"mqtt":{"mqtt_client_id":"c","mqtt_username":"u","mqtt_credential":"p","scopes":["__proto__"],"expires_in":60,"renew_after":0,"session_hard_expires_in":-1}}',
    '{"mqtt":{"mqtt_client_id":"c","mqtt_username":"u","mqtt_credential":"p","scopes":["iot:mqtt:connect"],"expires_in":60}}',
    '{"mqtt":{"broker_url":"mqtt://plain:1883","client_id":"c","feed_data_ack_topic":"a"},"mqtt_routes":[]}',
    '{"mqtt":{"broker_url":"mqtts://b:1","client_id":"c","feed_data_ack_topic":"a"},"mqtt_routes":[]}',
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  ),
)

const stranger = fc.oneof(
  fc
    .anything({ withNullPrototype: true, maxDepth: 2 })
    .map((event) => JSON.parse(JSON.stringify(event ?? null) ?? 'null') as unknown),
  fc.record(
    {
      type: fc.constantFrom(
        'reportOffered',
        'commandFinished',
        'commandLate',
        'valueRead',
        'valueUnknown',
        'routeValueRead',
        'routeValueUnknown',
        'stopRequested',
        'tokenIssued',
        'catalogRead',
        'tupleIssued',
        'tokenRevoked',
        'callRefused',
        'callFailed',
        'mqttConnected',
        'mqttRefused',
        'mqttSubscribed',
        'mqttPublishAnswered',
        'mqttMessageReceived',
        'mqttClosed',
        'timer.reports',
        'timer.nothing',
        'toString',
        'xstate.stop',
        'xstate.init',
        'wentOnline',
        'authorityLost',
        'tupleReady',
      ),
      call: fc.constantFrom('call-1', ...oddNames),
      connection: fc.constantFrom('connection-1', ...oddNames),
      delivery: fc.constantFrom('delivery-1', ...oddNames),
      timer: fc.constantFrom('timer-1', ...oddNames),
      desiredId: fc.constantFrom('des_1', ...oddNames),
      messageId: fc.constantFrom('m-1', ...oddNames),
      route: fc.constantFrom('rte_valve', ...oddNames),
      reasonCode: oddNumbers,
      expiresInMs: oddNumbers,
      renewAfterMs: oddNumbers,
      receiveMaximum: oddNumbers,
      value: fc.json().map((text) => JSON.parse(text) as unknown),
      reading: fc.constantFrom('reading-1', ...oddNames),
      valueReceivedAt: fc.constantFrom('2026-04-29T10:00:01Z', '2026-02-29T10:00:01Z', 'now'),
      grants: fc.constant([{ topic: '__proto__', reasonCode: 1 }]),
      outcome: fc.constantFrom('applied', 'perhaps'),
      reason: fc.constantFrom('boredom', '__proto__'),
    },
    { requiredKeys: ['type'] },
  ),
)

/** Moves of a cloud and a host that do well, badly, late, twice, never, and against all rules. None asks for a stop. */
export const move: fc.Arbitrary<Move> = fc.oneof(
  moveOf('timePasses', 2, { ms: mostly(fc.nat({ max: 900 }), 4, fc.nat({ max: 3 * day })) }),
  moveOf('timerFires', 5, { lateMs: mostly(fc.constant(0), 4, fc.nat({ max: 4_000_000 })) }),
  moveOf('callIsAnswered', 12, {
    how: mostly(fc.constant(99), 3, fc.nat({ max: 13 })),
    lifeMs: fc.constantFrom(1_000, 5_000, 60_000, 3_600_000),
    scopes: mostly(fc.constant(15), 6, fc.nat({ max: 15 })),
  }),
  moveOf('callBringsBody', 1, {
    status: fc.constantFrom(200, 201, 302, 400, 401, 403, 404, 429, 500, 503),
    body: oddBody,
  }),
  moveOf('brokerAnswers', 12, {
    how: mostly(fc.constant(99), 5, fc.nat({ max: 4 })),
    reason,
    limit: fc.constantFrom(1, 2, 100),
  }),
  moveOf('connectionCloses', 2, { reason: fc.option(reason) }),
  moveOf('pubackComes', 6, { which: some, reason: mostly(fc.constant(0), 2, reason) }),
  moveOf('acknowledgementComes', 6, {
    which: some,
    status: fc.constantFrom('accepted', 'replayed', 'conflict', 'rejected', 'error', 'unheard-of'),
    retryable: fc.boolean(),
  }),
  moveOf('desiredStateComes', 6, {
    route: fc.nat({ max: 2 }),
    id: fc.nat({ max: 14 }),
    sequence: mostly(fc.integer({ min: 1, max: 14 }), 12, fc.constantFrom(-5, 0, 2 ** 53 - 1, 1e300, 1.5)),
    validForSeconds: fc.constantFrom(60, 4_000, 1, 0.25, 0, -1),
    wrong: mostly(fc.constant(0), 6, fc.nat({ max: 6 })),
  }),
  moveOf('garbageComes', 1, {
    topic: fc.nat({ max: 4 }),
    payload: fc.oneof(fc.string(), fc.json(), oddBody),
  }),
  moveOf('reportIsOffered', 8, {
    route: mostly(fc.nat({ max: 2 }), 8, fc.nat({ max: 12 })),
    id: fc.nat({ max: 40 }),
    size: fc.constantFrom(1, 60, 300),
    wrong: mostly(fc.constant(0), 8, fc.nat({ max: 6 })),
  }),
  moveOf('commandEnds', 6, {
    id: some,
    how: fc.nat({ max: 4 }),
    wrong: mostly(fc.constant(0), 8, fc.nat({ max: 6 })),
  }),
  moveOf('routeIsRead', 3, { which: fc.nat({ max: 3 }), how: fc.nat({ max: 5 }) }),
  moveOf('deviceRestarts', 1, {
    clock: fc.constantFrom('continued' as const, 'restarted' as const),
    afterMs: fc.constantFrom(0, 1_000, 100_000),
  }),
  moveOf('eventRepeats', 3, { back: fc.nat({ max: 30 }) }),
  moveOf('strangerComes', 1, { event: stranger }),
)

/** The host stops the device. */
export const stop: fc.Arbitrary<Move> = fc.record({
  do: fc.constant('stopIsAsked' as const),
  why: fc.nat({ max: 2 }),
})
