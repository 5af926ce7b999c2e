import {
  type DeviceEvent,
  type DeviceState,
  type Effect,
  initial,
  readConfig,
  type Step,
  step,
} from '@realer-device/core'
import fc from 'fast-check'
import { Promises } from './promises.ts'
import { allScopes, catalog, topics } from './scenario.ts'

/** One thing that the world does to a device; numbers choose among what is outstanding at that moment. */
export type Move =
  | { readonly do: 'timePasses'; readonly ms: number }
  | { readonly do: 'timerFires'; readonly lateMs: number }
  | { readonly do: 'callIsAnswered'; readonly how: number; readonly lifeMs: number; readonly scopes: number }
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
      readonly id: number
      readonly sequence: number
      readonly validForSeconds: number
    }
  | { readonly do: 'garbageComes'; readonly topic: number; readonly payload: string }
  | { readonly do: 'reportIsOffered'; readonly id: number; readonly size: number }
  | { readonly do: 'commandEnds'; readonly id: number; readonly how: number }
  | { readonly do: 'eventRepeats'; readonly back: number }
  | { readonly do: 'allIsWell'; readonly steps: number }
  | { readonly do: 'stopIsAsked' }

const small = fc.nat({ max: 9 })
const reason = fc.constantFrom(
  0,
  0x10,
  0x80,
  0x87,
  0x88,
  0x8a,
  0x8e,
  0x90,
  0x95,
  0x97,
  0x98,
  0x99,
  0x9c,
  0xa0,
)

/** Moves of a cloud that answers well, badly, late, twice, never. Without `stopIsAsked`. */
export const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('timePasses' as const),
      ms: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 900 }) }, fc.nat({ max: 7_200_000 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('timerFires' as const),
      lateMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 4_000_000 })),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('callIsAnswered' as const),
      how: fc.oneof({ weight: 3, arbitrary: fc.constant(19) }, fc.nat({ max: 8 })),
      lifeMs: fc.constantFrom(1_000, 5_000, 60_000, 3_600_000),
      scopes: fc.oneof({ weight: 6, arbitrary: fc.constant(15) }, fc.nat({ max: 15 })),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('brokerAnswers' as const),
      how: fc.oneof({ weight: 5, arbitrary: fc.constant(11) }, fc.nat({ max: 3 })),
      reason,
      limit: fc.constantFrom(1, 2, 100),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('connectionCloses' as const), reason: fc.option(reason) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pubackComes' as const),
      which: small,
      reason: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, reason),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('acknowledgementComes' as const),
      which: small,
      status: fc.constantFrom('accepted', 'replayed', 'conflict', 'rejected', 'error', 'unheard-of'),
      retryable: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('desiredStateComes' as const),
      id: small,
      sequence: fc.integer({ min: 1, max: 12 }),
      validForSeconds: fc.constantFrom(60, 4_000, 1, 0, -1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('garbageComes' as const),
      topic: fc.nat({ max: 2 }),
      payload: fc.oneof(fc.string(), fc.json()),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('reportIsOffered' as const),
      id: fc.nat({ max: 40 }),
      size: fc.constantFrom(1, 300),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('commandEnds' as const), id: small, how: fc.nat({ max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('eventRepeats' as const), back: fc.nat({ max: 30 }) }),
  },
)

export const stop: fc.Arbitrary<Move> = fc.constant({ do: 'stopIsAsked' })

/** One device in a world of moves, watched by `Promises`. It looks at effects only, as a host does. */
export class World {
  readonly promises = new Promises()
  state: DeviceState
  now = 0
  steps = 0
  /** How often each type of effect was asked for. */
  readonly seen = new Map<string, number>()
  #call: Extract<Effect, { type: 'call' }> | null = null
  #connection: {
    id: string
    phase: 'connecting' | 'connected' | 'subscribing' | 'closing'
    asked: readonly string[]
  } | null = null
  #published: Extract<Effect, { type: 'mqttPublish' }>[] = []
  #random = 0
  readonly #past: DeviceEvent[] = []

  /** @param begin whether the device only starts, or is online when the moves begin */
  constructor(begin: 'starting' | 'online' = 'starting') {
    const config = readConfig({
      deviceId: 1,
      commandRoutes: ['rte_valve'],
      limits: { maxReports: 8, maxUnansweredCommands: 2 },
    })
    const first = initial(config, { now: 0, random: 0 })
    this.state = first.state
    this.#take(null, first)
    while (begin === 'online' && !this.isOnline) this.heals()
  }

  /** The world does one thing; the device answers with as many steps as it takes. */
  does(move: Move): void {
    if (move.do === 'allIsWell') for (let n = 0; n < move.steps; n += 1) this.heals()
    for (const event of this.#eventsOf(move)) this.happens(event)
  }

  happens(event: DeviceEvent): void {
    this.#random = (this.#random + 0.381_966) % 1
    this.#past.push(event)
    this.#take(event, step(this.state, { now: this.now, random: this.#random, event }))
  }

  /** A well-behaved cloud does the next thing that the device waits for. */
  heals(): void {
    const connection = this.#connection
    if (this.#call !== null) return this.happens(this.#goodAnswer(this.#call, 3_600_000, allScopes))
    if (connection !== null && connection.phase !== 'subscribing') return this.#healConnection(connection)
    if (connection !== null && !this.isOnline)
      return this.happens({
        type: 'mqttSubscribed',
        connection: connection.id,
        grants: connection.asked.map((topic) => ({ topic, reasonCode: 1 })),
      })
    const [publish] = this.#published
    if (publish !== undefined && connection !== null && this.isOnline)
      return this.#healPublish(publish, connection.id)
    this.does({ do: 'timerFires', lateMs: 0 })
  }

  get isOnline(): boolean {
    return this.state.context.connection?.online === true
  }

  #healConnection({ id, phase }: { id: string; phase: string }): void {
    if (phase === 'connecting')
      return this.happens({
        type: 'mqttConnected',
        connection: id,
        receiveMaximum: 100,
        maximumPacketSize: null,
      })
    if (phase === 'closing')
      return this.happens({
        type: 'mqttClosed',
        connection: id,
        cause: 'client',
        reasonCode: null,
        detail: '',
      })
    const [publish] = this.#published
    if (publish !== undefined) return this.#healPublish(publish, id)
    this.does({ do: 'timerFires', lateMs: 0 })
  }

  #healPublish(publish: Extract<Effect, { type: 'mqttPublish' }>, connection: string): void {
    this.#published = this.#published.filter((other) => other !== publish)
    const { message_id } = JSON.parse(publish.payload) as { message_id: string }
    const payload = JSON.stringify({ version: 1, status: 'accepted', retryable: false, message_id })
    this.happens({ type: 'mqttPublishAnswered', connection, delivery: publish.delivery, reasonCode: 0 })
    this.happens({ type: 'mqttMessageReceived', connection, topic: topics.acknowledgements, payload })
  }

  #take(event: DeviceEvent | null, outcome: Step): void {
    this.steps += 1
    const input = event === null ? null : { now: this.now, random: this.#random, event }
    const before = event === null ? null : this.state
    if (event !== null && outcome.verdict === 'taken') {
      if ('call' in event) this.#call = null
      if (event.type === 'mqttConnected' && this.#connection !== null)
        this.#connection = { ...this.#connection, phase: 'connected' }
      if (event.type === 'mqttClosed' || event.type === 'mqttRefused') this.#lose()
    }
    for (const effect of outcome.effects) this.#carryOut(effect)
    this.promises.check(before, input, outcome)
    this.state = outcome.state
  }

  #carryOut(effect: Effect): void {
    this.seen.set(effect.type, (this.seen.get(effect.type) ?? 0) + 1)
    if (effect.type === 'call') this.#call = effect
    if (effect.type === 'cancelCall') this.#call = null
    if (effect.type === 'mqttAbort') this.#lose()
    if (effect.type === 'mqttConnect')
      this.#connection = { id: effect.connection, phase: 'connecting', asked: [] }
    if (effect.type === 'mqttSubscribe' && this.#connection !== null)
      this.#connection = { ...this.#connection, phase: 'subscribing', asked: effect.topics }
    if (effect.type === 'mqttDisconnect' && this.#connection !== null)
      this.#connection = { ...this.#connection, phase: 'closing' }
    if (effect.type === 'mqttPublish') this.#published.push(effect)
  }

  #lose(): void {
    this.#connection = null
    this.#published = []
  }

  #eventsOf(move: Move): DeviceEvent[] {
    const connection = this.#connection?.id ?? 'connection-0'
    switch (move.do) {
      case 'timePasses':
        this.now += move.ms
        return []
      case 'timerFires': {
        const [next] = Object.entries(this.state.context.timers).sort(([, a], [, b]) => a.dueAt - b.dueAt)
        if (next === undefined) return []
        this.now = Math.max(this.now, next[1].dueAt) + move.lateMs
        return [{ type: `timer.${next[0]}` as 'timer.reports', timer: next[1].id }]
      }
      case 'callIsAnswered':
        return [this.#answer(move)]
      case 'brokerAnswers':
        return this.#brokerAnswer(move)
      case 'connectionCloses':
        return [{ type: 'mqttClosed', connection, cause: 'network', reasonCode: move.reason, detail: 'lost' }]
      case 'pubackComes': {
        const { delivery } = this.#published[move.which % Math.max(1, this.#published.length)] ?? {
          delivery: 'delivery-0',
        }
        return [{ type: 'mqttPublishAnswered', connection, delivery, reasonCode: move.reason }]
      }
      case 'acknowledgementComes': {
        const { reports } = this.state.context
        const message_id = reports[move.which % Math.max(1, reports.length)]?.messageId ?? 'unknown'
        const payload = JSON.stringify({
          version: 1,
          status: move.status,
          retryable: move.retryable,
          message_id,
        })
        return [{ type: 'mqttMessageReceived', connection, topic: topics.acknowledgements, payload }]
      }
      case 'desiredStateComes': {
        const payload = JSON.stringify({
          version: 1,
          desired_id: `des_${move.id}`,
          value: 'open',
          valid_for_seconds: move.validForSeconds,
          expires_at: '',
          sequence_number: move.sequence,
        })
        return [{ type: 'mqttMessageReceived', connection, topic: topics.valveDesired, payload }]
      }
      case 'garbageComes': {
        const topic = [topics.acknowledgements, topics.valveDesired, 'x'][move.topic] ?? 'x'
        return [{ type: 'mqttMessageReceived', connection, topic, payload: move.payload }]
      }
      case 'reportIsOffered':
        return [
          {
            type: 'reportOffered',
            route: 'rte_temperature',
            ...observation(`m-${move.id}`, 'v'.repeat(move.size)),
          },
        ]
      case 'commandEnds': {
        const open = this.state.context.commands.rte_valve?.open ?? []
        const desiredId = open[move.id % Math.max(1, open.length)]?.desiredId ?? 'des_0'
        const observed = observation(`answer-${desiredId}-${this.steps}`, 'open')
        if (move.how === 0) return [{ type: 'valueUnknown', desiredId }]
        if (move.how === 1) return [{ type: 'valueRead', desiredId, ...observed }]
        return [
          {
            type: 'commandFinished',
            desiredId,
            outcome: move.how === 2 ? 'applied' : 'rejected',
            ...observed,
          },
        ]
      }
      case 'eventRepeats': {
        const event = this.#past.at(-1 - move.back)
        return event === undefined ? [] : [event]
      }
      case 'allIsWell':
        return []
      case 'stopIsAsked':
        return [{ type: 'stopRequested', reason: 'shutdown' }]
    }
  }

  #answer({ how, lifeMs, scopes }: Extract<Move, { do: 'callIsAnswered' }>): DeviceEvent {
    const call = this.#call?.call ?? 'call-0'
    const refusal = [400, 401, 403, 404][how]
    if (refusal !== undefined) return { type: 'callRefused', call, status: refusal, code: null }
    if (how < 7 || this.#call === null)
      return { type: 'callFailed', call, failure: 'busy', detail: '', field: null, retryAfterMs: lifeMs }
    const granted = allScopes.filter((_scope, bit) => (scopes >> bit) % 2 === 1)
    if (how === 7 && this.#call.purpose === 'catalog')
      return { type: 'catalogRead', call, catalog: { ...catalog, credentialEndpoint: null, routes: [] } }
    if (how === 8 && this.#call.purpose === 'catalog')
      return {
        type: 'catalogRead',
        call,
        catalog: { ...catalog, limits: { ...catalog.limits, maxPayloadBytes: 200 } },
      }
    return this.#goodAnswer(this.#call, lifeMs, granted)
  }

  #goodAnswer(
    { call, purpose }: Extract<Effect, { type: 'call' }>,
    lifeMs: number,
    scopes: readonly string[],
  ): DeviceEvent {
    if (purpose === 'token') return { type: 'tokenIssued', call, expiresInMs: lifeMs, renewAfterMs: null }
    if (purpose === 'catalog') return { type: 'catalogRead', call, catalog }
    if (purpose === 'revoke') return { type: 'tokenRevoked', call }
    return {
      type: 'tupleIssued',
      call,
      clientId: 'cdv_a',
      username: 'u',
      scopes,
      expiresInMs: lifeMs,
      renewAfterMs: lifeMs * 0.75,
      sessionHardExpiresInMs: lifeMs,
    }
  }

  #brokerAnswer({ how, reason, limit }: Extract<Move, { do: 'brokerAnswers' }>): DeviceEvent[] {
    if (this.#connection === null) return []
    const { id: connection, phase, asked } = this.#connection
    if (how === 0) return [{ type: 'mqttRefused', connection, reasonCode: reason }]
    if (phase === 'connecting')
      return [
        {
          type: 'mqttConnected',
          connection,
          receiveMaximum: limit,
          maximumPacketSize: how === 1 ? 150 : null,
        },
      ]
    if (phase === 'subscribing') {
      const topics = how === 1 ? [] : asked
      const grants = topics.map((topic, at) => ({ topic, reasonCode: how === 2 + at ? reason : 1 }))
      return [{ type: 'mqttSubscribed', connection, grants }]
    }
    if (phase === 'closing')
      return [{ type: 'mqttClosed', connection, cause: 'client', reasonCode: null, detail: '' }]
    return []
  }
}

function observation(messageId: string, value: string) {
  return { messageId, value, valueReceivedAt: '2026-04-29T10:00:01Z' }
}
