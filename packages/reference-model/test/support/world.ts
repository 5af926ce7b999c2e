import { isDeepStrictEqual } from 'node:util'
import {
  type DeviceEvent,
  type DeviceOptions,
  type DeviceState,
  type Effect,
  initial,
  persist,
  readAnswer,
  readConfig,
  resume,
  type Step,
  step,
  type TimerName,
} from '@realer-device/core'
import {
  type Breach,
  createReferenceModel,
  stateBreaches,
  type TraceLine,
} from '@realer-device/reference-model'
import { allScopes, catalogBodies, topics } from './cloud.ts'
import type { Move } from './moves.ts'

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>

/** A step that broke a rule, with the run so far. */
export class BrokenRule extends Error {
  override readonly name = 'BrokenRule'
  readonly breaches: readonly Breach[]

  constructor(breaches: readonly Breach[]) {
    super(breaches.map(({ rule, step: n, message }) => `${rule} (step ${n}): ${message}`).join('\n'))
    this.breaches = breaches
  }
}

const oddNames = ['__proto__', 'constructor', 'hasOwnProperty', '', ' ', 'ä'.repeat(200)]
const observedAt = '2026-04-29T10:00:01Z'
const secret = 'canary-secret'

/**
 * One device, its host and its cloud, in the hands of moves. It looks at effects only, as a host does; the reference
 * model sees the same events and effects. A breach throws.
 */
export class World {
  readonly model
  readonly lines: TraceLine[] = []
  state: DeviceState
  now = 1_000
  /** How often each type of effect was asked for. */
  readonly seen = new Map<string, number>()
  readonly config
  #steps = 0
  #random = 0
  #call: EffectOf<'call'> | null = null
  #connection: {
    id: string
    phase: 'connecting' | 'connected' | 'subscribing' | 'closing'
    asked: readonly string[]
  } | null = null
  #isOnline = false
  #published: EffectOf<'mqttPublish'>[] = []
  readonly #timers = new Map<TimerName, { id: string; dueAt: number }>()
  /** Commands that the host has in hand, and what is asked of it. */
  readonly #inHand = new Map<string, 'running' | 'asking'>()
  readonly #readings = new Map<string, string>()
  readonly #past: unknown[] = []

  constructor(options: Partial<DeviceOptions> = {}) {
    this.config = readConfig({ deviceId: 12345, commandRoutes: ['rte_valve', 'rte_door'], ...options })
    this.model = createReferenceModel(this.config)
    const first = initial(this.config, this.#moment())
    this.state = first.state
    this.#take(null, first)
  }

  /** The process ends and another goes on from what was stored; the cloud sees the connection go. */
  restarts(clock: 'continued' | 'restarted', afterMs: number): void {
    const stored = JSON.parse(JSON.stringify(persist(this.state))) as unknown
    this.now = clock === 'continued' ? this.now + afterMs : afterMs
    this.#call = null
    this.#lose()
    this.#isOnline = false
    this.#timers.clear()
    this.#inHand.clear()
    this.#readings.clear()
    this.#take(null, resume(stored, { ...this.#moment(), config: this.config, clock }), clock)
  }

  /** The time of day moves by fits and starts, and is not always known (DES-2). */
  #moment(): { now: number; random: number; wallClock?: string } {
    this.#random = (this.#random + 0.381_966) % 1
    const moment = { now: this.now, random: this.#random }
    if (this.#steps % 7 === 0) return moment
    const wall = new Date(Date.UTC(2026, 3, 29, 10, 0) + (this.now % 60_000)).toISOString()
    return { ...moment, wallClock: wall }
  }

  get isOnline(): boolean {
    return this.#isOnline
  }

  get hasStopped(): boolean {
    return this.state.value === 'stopped'
  }

  /** Id of the outstanding call, or of one that never was. */
  get call(): string {
    return this.#call?.call ?? 'call-none'
  }

  /** Id of the connection, or of one that never was. */
  get connection(): string {
    return this.#connection?.id ?? 'connection-none'
  }

  /** The delivery of the newest PUBLISH of this connection. */
  get delivery(): string {
    return this.#published.at(-1)?.delivery ?? 'delivery-none'
  }

  /** Time passes, and the timer that is set for it fires. */
  fires(name: TimerName): this {
    const timer = this.#timers.get(name)
    if (timer === undefined) throw new Error(`the timer ${name} does not run`)
    this.now = Math.max(this.now, timer.dueAt)
    this.happens({ type: `timer.${name}`, timer: timer.id })
    return this
  }

  /** The world does one thing; the device answers with as many steps as it takes. */
  does(move: Move): void {
    if (move.do === 'deviceRestarts' && !this.hasStopped) this.restarts(move.clock, move.afterMs)
    if (move.do === 'allIsWell') for (let n = 0; n < move.steps; n += 1) this.heals()
    for (const event of this.#eventsOf(move)) this.happens(event)
  }

  happens(event: unknown): void {
    this.#past.push(event)
    const input = { ...this.#moment(), event: event as DeviceEvent }
    const outcome = step(this.state, input)
    // CORE-2: every few steps, for it costs as much as the step.
    if (this.#steps % 5 === 0) {
      const again = step(throughJson(this.state), throughJson(input))
      if (!isDeepStrictEqual(again, throughJson(outcome)))
        this.#broken([
          { rule: 'CORE-2', step: this.#steps, message: 'the same state and input give the same step' },
        ])
    }
    this.#take(event as DeviceEvent, outcome, undefined, input.wallClock)
  }

  /** A well-behaved cloud and host do the next thing that the device waits for. */
  heals(): void {
    const connection = this.#connection
    if (this.#call !== null) return this.happens(this.#goodAnswer(this.#call, 3_600_000, allScopes))
    const [inHand] = this.#inHand
    if (inHand !== undefined && this.#isOnline) {
      const [desiredId, asked] = inHand
      const observed = observation(`healed-${this.#steps}`, 'open')
      return this.happens(
        asked === 'asking'
          ? { type: 'valueRead', desiredId, ...observed }
          : { type: 'commandFinished', desiredId, outcome: 'applied', ...observed },
      )
    }
    if (connection !== null && connection.phase === 'subscribing' && !this.#isOnline)
      return this.happens({
        type: 'mqttSubscribed',
        connection: connection.id,
        grants: connection.asked.map((topic) => ({ topic, reasonCode: 1 })),
      })
    if (connection !== null && connection.phase !== 'subscribing' && !this.#isOnline)
      return this.#healConnection(connection)
    const [publish] = this.#published
    if (publish !== undefined && connection !== null) return this.#healPublish(publish, connection.id)
    this.does({ do: 'timerFires', lateMs: 0 })
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
    this.does({ do: 'timerFires', lateMs: 0 })
  }

  #healPublish(publish: EffectOf<'mqttPublish'>, connection: string): void {
    this.#published = this.#published.filter((other) => other !== publish)
    const { message_id } = JSON.parse(publish.payload) as { message_id: string }
    this.happens({ type: 'mqttPublishAnswered', connection, delivery: publish.delivery, reasonCode: 0 })
    this.happens({
      type: 'mqttMessageReceived',
      connection,
      topic: `${publish.topic.split('/routes/')[0]}/acks`,
      payload: JSON.stringify({ version: 1, status: 'accepted', retryable: false, message_id }),
    })
  }

  #take(
    event: DeviceEvent | null,
    outcome: Step,
    clock?: 'continued' | 'restarted',
    wallClock?: string,
  ): void {
    const { effects, verdict, state } = outcome
    const line: TraceLine = {
      n: this.#steps,
      now: this.now,
      event,
      effects,
      verdict,
      ...(wallClock !== undefined && { wallClock }),
      ...(clock !== undefined && { clock }),
    }
    this.#steps += 1
    this.lines.push(line)
    this.state = state
    if (event !== null && verdict === 'taken') this.#heard(event)
    if (event !== null && typeof event === 'object' && 'timer' in event) this.#fired(event.timer)
    // The device wants nothing more for it: it was crowded out, or its time was over.
    if (verdict === 'stale' && event !== null && 'desiredId' in event) this.#inHand.delete(event.desiredId)
    for (const effect of effects) this.#carryOut(effect)
    const breaches = [
      ...this.model.step(line),
      ...stateBreaches(this.config, state, [secret]).map((breach) => ({ ...breach, step: line.n })),
    ]
    if (breaches.length > 0) this.#broken(breaches)
  }

  #broken(breaches: readonly Breach[]): void {
    throw new BrokenRule(breaches)
  }

  /** A timer fires once, whatever becomes of it: one that was overdue has been heard before its event. */
  #fired(id: string): void {
    for (const [name, timer] of this.#timers) if (timer.id === id) this.#timers.delete(name)
  }

  #heard(event: DeviceEvent): void {
    if ('call' in event) this.#call = null
    if (event.type === 'mqttConnected' && this.#connection !== null)
      this.#connection = { ...this.#connection, phase: 'connected' }
    if (event.type === 'mqttClosed' || event.type === 'mqttRefused') this.#lose()
    if (event.type === 'commandFinished' || event.type === 'valueRead' || event.type === 'valueUnknown')
      this.#inHand.delete(event.desiredId)
    if (event.type === 'routeValueRead' || event.type === 'routeValueUnknown')
      this.#readings.delete(event.reading)
  }

  #carryOut(effect: Effect): void {
    this.seen.set(effect.type, (this.seen.get(effect.type) ?? 0) + 1)
    switch (effect.type) {
      case 'setTimer':
        this.#timers.set(effect.timer, { id: effect.id, dueAt: this.now + effect.delayMs })
        break
      case 'cancelTimer':
        this.#timers.delete(effect.timer)
        break
      case 'call':
        this.#call = effect
        break
      case 'cancelCall':
        this.#call = null
        break
      case 'mqttAbort':
        this.#lose()
        break
      case 'mqttConnect':
        this.#connection = { id: effect.connection, phase: 'connecting', asked: [] }
        break
      case 'mqttSubscribe':
        if (this.#connection !== null)
          this.#connection = { ...this.#connection, phase: 'subscribing', asked: effect.topics }
        break
      case 'mqttDisconnect':
        if (this.#connection !== null) this.#connection = { ...this.#connection, phase: 'closing' }
        break
      case 'mqttPublish':
        this.#published.push(effect)
        break
      case 'announceOnline':
        this.#isOnline = true
        break
      case 'announceOffline':
        this.#isOnline = false
        break
      case 'startCommand':
        this.#inHand.set(effect.desiredId, 'running')
        break
      case 'readValue':
        this.#inHand.set(effect.desiredId, 'asking')
        break
      case 'readRouteValue':
        this.#readings.set(effect.reading, effect.route)
        break
      case 'refuseReport':
        // The command still waits for an observation that makes a report.
        if (effect.desiredId !== null && !this.#inHand.has(effect.desiredId))
          this.#inHand.set(effect.desiredId, this.#lastAsked(effect.desiredId))
        break
    }
  }

  #lastAsked(desiredId: string): 'running' | 'asking' {
    const asked = this.lines
      .flatMap(({ effects }) => effects)
      .reverse()
      .find(
        (effect) =>
          (effect.type === 'startCommand' || effect.type === 'readValue') && effect.desiredId === desiredId,
      )
    return asked?.type === 'readValue' ? 'asking' : 'running'
  }

  #lose(): void {
    this.#connection = null
    this.#published = []
  }

  #eventsOf(move: Move): unknown[] {
    const connection = this.#connection?.id ?? 'connection-0'
    switch (move.do) {
      case 'timePasses':
        this.now += move.ms
        return []
      case 'timerFires': {
        const [next] = [...this.#timers].sort(([, a], [, b]) => a.dueAt - b.dueAt)
        if (next === undefined) return []
        const [name, { id, dueAt }] = next
        this.now = Math.max(this.now, dueAt) + move.lateMs
        return [{ type: `timer.${name}`, timer: id }]
      }
      case 'callIsAnswered':
        return [this.#answer(move)]
      case 'callBringsBody':
        return this.#call === null ? [] : [this.#read(this.#call, move.status, move.body)]
      case 'brokerAnswers':
        return this.#brokerAnswer(move)
      case 'connectionCloses':
        return [
          {
            type: 'mqttClosed',
            connection,
            cause: move.reason === null ? 'network' : 'server',
            reasonCode: move.reason,
            detail: 'lost',
          },
        ]
      case 'pubackComes': {
        const delivery = pick(this.#published, move.which)?.delivery ?? 'delivery-0'
        return [{ type: 'mqttPublishAnswered', connection, delivery, reasonCode: move.reason }]
      }
      case 'acknowledgementComes': {
        const message_id = pick(this.model.pending(), move.which) ?? 'unknown'
        const { status, retryable } = move
        const payload = JSON.stringify({ version: 1, status, retryable, message_id, error: { type: 'some' } })
        return [{ type: 'mqttMessageReceived', connection, topic: this.#ackTopic(), payload }]
      }
      case 'desiredStateComes':
        return [this.#desired(connection, move)]
      case 'garbageComes': {
        const topic = [this.#ackTopic(), ...topics.desired, 'x', '__proto__'][move.topic] ?? 'x'
        return [{ type: 'mqttMessageReceived', connection, topic, payload: move.payload }]
      }
      case 'reportIsOffered':
        return [this.#report(move)]
      case 'commandEnds':
        return [this.#commandEnd(move)]
      case 'eventRepeats': {
        const event = this.#past.at(-1 - move.back)
        return event === undefined || (event as DeviceEvent | null)?.type === 'stopRequested' ? [] : [event]
      }
      case 'strangerComes':
        return [move.event]
      case 'routeIsRead': {
        const reading = pick([...this.#readings.keys()], move.which) ?? 'reading-0'
        if (move.how === 0) return [{ type: 'routeValueUnknown', reading }]
        const messageId = move.how === 1 ? 'm-1' : `reading-${this.#steps}`
        return [
          {
            type: 'routeValueRead',
            reading,
            ...observation(messageId, move.how > 3 ? 'open' : `v${move.how}`),
          },
        ]
      }
      case 'allIsWell':
      case 'deviceRestarts':
        return []
      case 'stopIsAsked':
        return [
          { type: 'stopRequested', reason: pick(['shutdown', 'decommissioning', 'compromise'], move.why) },
        ]
    }
  }

  #ackTopic(): string {
    return this.#connection?.asked.find((topic) => topic.endsWith('/acks')) ?? topics.feedDataAckTopic
  }

  #desired(connection: string, move: Extract<Move, { do: 'desiredStateComes' }>): DeviceEvent {
    const names = ['des_', ...oddNames]
    const desired_id = move.wrong > 5 ? names[move.id % names.length] : `des_${move.route}_${move.id}`
    const body: Record<string, unknown> = {
      version: 1,
      desired_id,
      value: move.id % 2 === 0 ? 'open' : { level: move.id },
      valid_for_seconds: move.validForSeconds,
      expires_at: '2026-04-29T10:01:01Z',
      sequence_number: move.sequence,
    }
    const missing = ['', 'version', 'value', 'valid_for_seconds', 'expires_at', 'desired_id'][move.wrong]
    if (missing !== undefined && missing !== '') delete body[missing]
    const asked = this.#connection?.asked.filter((topic) => topic.endsWith('/desired')) ?? []
    const topic = pick(asked.length > 0 && move.route < 2 ? asked : topics.desired, move.route) ?? 'x'
    return { type: 'mqttMessageReceived', connection, topic, payload: JSON.stringify(body) }
  }

  #report({ route, id, size, wrong }: Extract<Move, { do: 'reportIsOffered' }>): unknown {
    const name = ['rte_temperature', 'rte_valve', 'rte_door', 'rte_nowhere', 'routes', ...oddNames][route]
    const value = [undefined, 7, null, { __proto__: 1, deep: [[[1]]] }][wrong - 1] ?? 'v'.repeat(size)
    const messageId = wrong === 5 ? (pick(oddNames, id) ?? '') : `m-${id}`
    return {
      type: 'reportOffered',
      route: name ?? 'rte_temperature',
      messageId,
      value,
      valueReceivedAt: wrong === 6 ? pick(['2026-02-30T10:00:01Z', '2026-04-29', ''], id) : observedAt,
    }
  }

  #commandEnd({ id, how, wrong }: Extract<Move, { do: 'commandEnds' }>): unknown {
    const [desiredId, state] = pick([...this.#inHand], id) ?? ['des_0', 'running']
    const observed = {
      ...observation(wrong === 5 ? 'm-1' : `answer-${this.#steps}`, 'open'),
      ...(wrong === 1 ? { value: 7 } : {}),
      ...(wrong === 2 ? { valueReceivedAt: 'never' } : {}),
    }
    if (how === 0) return { type: 'valueUnknown', desiredId }
    if (how === 1) return { type: 'commandLate', desiredId }
    if (how === 2 || (state === 'asking' && wrong === 0)) return { type: 'valueRead', desiredId, ...observed }
    return { type: 'commandFinished', desiredId, outcome: how === 3 ? 'applied' : 'rejected', ...observed }
  }

  #answer({ how, lifeMs, scopes }: Extract<Move, { do: 'callIsAnswered' }>): unknown {
    const call = this.#call
    if (call === null)
      return {
        type: 'callFailed',
        call: 'call-0',
        failure: 'busy',
        detail: '',
        field: null,
        retryAfterMs: null,
      }
    const status = [400, 401, 403, 404, 429, 503][how]
    if (status !== undefined) return this.#read(call, status, '', lifeMs / 1000)
    if (how === 6) return this.#read(call, 200, '{"code":4001}')
    if (how === 7) return this.#read(call, 200, '{"code":4004}')
    const catalog = catalogBodies[how - 7]
    if (call.purpose === 'catalog' && catalog !== undefined)
      return this.#read(call, 200, JSON.stringify(catalog))
    const granted = allScopes.filter((_scope, bit) => (scopes >> bit) % 2 === 1)
    return this.#goodAnswer(call, lifeMs, granted)
  }

  #read(
    call: EffectOf<'call'>,
    status: number,
    body: string,
    retryAfterSeconds: number | null = null,
  ): unknown {
    return readAnswer(call, { status, retryAfterSeconds, body }).event
  }

  #goodAnswer(call: EffectOf<'call'>, lifeMs: number, scopes: readonly string[]): unknown {
    const seconds = lifeMs / 1000
    const bodies = {
      token: { access_token: secret, token_type: 'Bearer', expires_in: seconds },
      catalog: catalogBodies[0],
      credential: {
        code: 2000,
        mqtt: {
          mqtt_client_id: 'cdv_a',
          mqtt_username: 'u',
          mqtt_credential: secret,
          scopes,
          expires_in: seconds,
          renew_after: seconds * 0.75,
          session_hard_expires_in: seconds,
        },
      },
      revoke: {},
    }
    return this.#read(call, 200, JSON.stringify(bodies[call.purpose]))
  }

  #brokerAnswer({ how, reason, limit }: Extract<Move, { do: 'brokerAnswers' }>): unknown[] {
    if (this.#connection === null) return []
    const { id: connection, phase, asked } = this.#connection
    if (how === 0) return [{ type: 'mqttRefused', connection, reasonCode: reason }]
    if (phase === 'connecting')
      return [
        {
          type: 'mqttConnected',
          connection,
          receiveMaximum: limit,
          maximumPacketSize: how === 1 ? 200 : null,
        },
      ]
    if (phase === 'subscribing') {
      const told = how === 1 ? [] : asked
      const grants = told.map((topic, at) => ({ topic, reasonCode: how === 2 + at ? reason : 1 }))
      const unasked = { topic: topics.desired[0] ?? '', reasonCode: 1 }
      return [{ type: 'mqttSubscribed', connection, grants: how === 4 ? [...grants, unasked] : grants }]
    }
    if (phase === 'closing')
      return [
        {
          type: 'mqttClosed',
          connection,
          cause: 'client',
          reasonCode: how === 1 ? reason : null,
          detail: '',
        },
      ]
    return []
  }
}

function observation(messageId: string, value: string) {
  return { messageId, value, valueReceivedAt: observedAt }
}

function pick<Value>(list: readonly Value[], number: number): Value | undefined {
  return list[number % Math.max(1, list.length)]
}

function throughJson<Value>(value: Value): Value {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as Value)
}
