import type { Effect, SessionContext, TimedEvent, TimerName } from '@realer-device/core'
import { allScopes, catalog, topics } from './scenario.ts'

type Untimed<Event> = Event extends unknown ? Omit<Event, 'now' | 'random'> : never
type PlainEvent = Untimed<TimedEvent>

/** A lifetime that outlasts every other wait of the walk, and one that ends during a connection attempt. */
const lives = [
  { expiresInMs: 3_600_000, renewAfterMs: 2_700_000, sessionHardExpiresInMs: 3_600_000 },
  { expiresInMs: 4_001, renewAfterMs: 3_001, sessionHardExpiresInMs: 4_001 },
]

/**
 * Everything that the world may do to a device in a state, once for each class of answer. Timers fire in their order:
 * the earliest alone, at its moment; everything else happens a moment before it.
 */
export function sessionEvents(context: SessionContext, value: unknown): TimedEvent[] {
  const [first, second] = Object.entries(context.timers).sort(([, a], [, b]) => a.dueAt - b.dueAt)
  const before = first === undefined ? 1e12 : first[1].dueAt - 1
  const events: TimedEvent[] = [
    ...callEvents(context),
    ...connectionEvents(context),
    ...hostEvents(context, value),
  ].map((event) => ({ ...event, now: before, random: 0.5 }) as TimedEvent)
  if (first !== undefined) {
    const [name, { id, dueAt }] = first
    // Of two that are due at one moment `step` would fire both: one of them comes a moment early.
    const now = dueAt === second?.[1].dueAt ? before : dueAt
    events.push({ type: `timer.${name as TimerName}`, timer: id, now, random: 0.5 })
  }
  return events
}

function callEvents({ call }: SessionContext): PlainEvent[] {
  if (call === null) return []
  const { id } = call
  const refusals = [401, 403, 404].map(
    (status): PlainEvent => ({ type: 'callRefused', call: id, status, code: null }),
  )
  const failure: PlainEvent = {
    type: 'callFailed',
    call: id,
    failure: 'network',
    detail: 'no answer',
    field: null,
    retryAfterMs: null,
  }
  return [...goodAnswers(call.purpose, id), ...refusals, failure]
}

function goodAnswers(purpose: Extract<Effect, { type: 'call' }>['purpose'], call: string): PlainEvent[] {
  switch (purpose) {
    case 'token':
      return [{ type: 'tokenIssued', call, expiresInMs: 36_000_000, renewAfterMs: null }]
    case 'catalog':
      return [
        { type: 'catalogRead', call, catalog },
        { type: 'catalogRead', call, catalog: { ...catalog, credentialEndpoint: null } },
      ]
    case 'credential':
      return [allScopes, ['iot:mqtt:connect', 'iot:mqtt:feed-data:write']].flatMap((scopes) =>
        lives.map(
          (life): PlainEvent => ({
            type: 'tupleIssued',
            call,
            clientId: 'c',
            username: 'u',
            scopes,
            ...life,
          }),
        ),
      )
    case 'revoke':
      return [{ type: 'tokenRevoked', call }]
  }
}

function connectionEvents({ connection }: SessionContext): PlainEvent[] {
  if (connection === null) return []
  const { id, limits, online, asked, inFlight } = connection
  const closed = [null, 0x87, 0x8e, 0x9c, 0x98, 0x8b].map(
    (reasonCode): PlainEvent => ({
      type: 'mqttClosed',
      connection: id,
      cause: reasonCode === null ? 'network' : 'server',
      reasonCode,
      detail: '',
    }),
  )
  if (limits === null)
    return [
      { type: 'mqttConnected', connection: id, receiveMaximum: 10, maximumPacketSize: null },
      ...[0x87, 0x88, 0x8a, 0x9c].map(
        (reasonCode): PlainEvent => ({ type: 'mqttRefused', connection: id, reasonCode }),
      ),
      ...closed,
    ]
  const grants = (refused: string): PlainEvent => ({
    type: 'mqttSubscribed',
    connection: id,
    grants: asked.map((topic) => ({ topic, reasonCode: topic === refused ? 0x87 : 1 })),
  })
  if (!online) return [grants(''), grants(topics.acknowledgements), grants(topics.valveDesired), ...closed]
  const [oldest] = inFlight
  const answers = [0, 0x80, 0x90, 0x99].map(
    (reasonCode): PlainEvent => ({
      type: 'mqttPublishAnswered',
      connection: id,
      delivery: oldest?.delivery ?? '',
      reasonCode,
    }),
  )
  const messages: PlainEvent[] = [
    message(id, topics.acknowledgements, { status: 'accepted', retryable: false, message_id: 'm-1' }),
    message(id, topics.valveDesired, {
      desired_id: 'des_1',
      value: 'open',
      valid_for_seconds: 60,
      expires_at: '2026-04-29T10:01:01Z',
      sequence_number: 1,
    }),
  ]
  return [...closed, ...messages, ...(oldest === undefined ? [] : answers)]
}

function message(connection: string, topic: string, body: object): PlainEvent {
  return { type: 'mqttMessageReceived', connection, topic, payload: JSON.stringify({ version: 1, ...body }) }
}

function hostEvents({ commands }: SessionContext, value: unknown): PlainEvent[] {
  const observed = (messageId: string) => ({
    messageId,
    value: 'open',
    valueReceivedAt: '2026-04-29T10:00:05Z',
  })
  const { open = [], reading = null } = commands.rte_valve ?? {}
  const answers = open.flatMap(({ desiredId, state }): PlainEvent[] => {
    if (state === 'running')
      return [
        { type: 'commandFinished', desiredId, outcome: 'applied', ...observed('m-2') },
        { type: 'commandLate', desiredId },
        { type: 'valueUnknown', desiredId },
      ]
    return state === 'asking' ? [{ type: 'valueRead', desiredId, ...observed('m-2') }] : []
  })
  const readings: PlainEvent[] =
    reading === null
      ? []
      : [
          { type: 'routeValueRead', reading, ...observed('m-3') },
          { type: 'routeValueUnknown', reading },
        ]
  const stops: PlainEvent[] =
    value === 'stopped'
      ? []
      : (['shutdown', 'compromise'] as const).map((reason) => ({ type: 'stopRequested', reason }))
  return [
    { type: 'reportOffered', route: 'rte_temperature', ...observed('m-1') },
    ...answers,
    ...readings,
    ...stops,
  ]
}
