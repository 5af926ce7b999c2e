import {
  type CallFailure,
  type Catalog,
  type DeviceEvent,
  type DeviceOptions,
  type DeviceState,
  type Effect,
  initial,
  persist,
  type RuleId,
  readConfig,
  resume,
  type Step,
  type StopReason,
  step,
  type TimerName,
  type Verdict,
} from '@realer-device/core'

const device = 'realer/iot/v1/devices/cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa'

/** The topics of the catalog below. */
export const topics = {
  acknowledgements: `${device}/acks`,
  temperature: `${device}/routes/rte_temperature/feed-data`,
  humidity: `${device}/routes/rte_humidity/feed-data`,
  valve: `${device}/routes/rte_valve/feed-data`,
  valveDesired: `${device}/routes/rte_valve/desired`,
}

export const allScopes = [
  'iot:mqtt:connect',
  'iot:mqtt:ack:read',
  'iot:mqtt:feed-data:write',
  'iot:mqtt:desired:read',
]

/** A catalog with two sensors and one command route. */
export const catalog: Catalog = {
  brokerUrl: 'mqtts://mqtt.example.com:8883',
  clientId: 'cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa',
  feedDataAckTopic: topics.acknowledgements,
  feedDataAckSubscribeScope: 'iot:mqtt:ack:read',
  credentialEndpoint: {
    endpoint: '/iot/v1/mqtt-credentials',
    method: 'POST',
    body: { device_id: 12345, scopes: allScopes },
  },
  limits: { maxPayloadBytes: null, maxInflightMessages: null, keepAliveSeconds: null },
  routes: [
    sensor(topics.temperature),
    sensor(topics.humidity),
    {
      sourceType: 'command',
      feedDataTopic: topics.valve,
      feedDataPublishScope: 'iot:mqtt:feed-data:write',
      desiredTopic: topics.valveDesired,
      desiredSubscribeScope: 'iot:mqtt:desired:read',
    },
  ],
}

function sensor(feedDataTopic: string): Catalog['routes'][number] {
  return {
    sourceType: 'sensor',
    feedDataTopic,
    feedDataPublishScope: 'iot:mqtt:feed-data:write',
    desiredTopic: null,
    desiredSubscribeScope: 'iot:mqtt:desired:read',
  }
}

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>

/** An event, with the ids of what is outstanding left to be filled in. */
type Loose<Event> = Event extends { type: string }
  ? Omit<Event, 'call' | 'connection'> & { call?: string; connection?: string }
  : never

/**
 * One device under a clock that the test holds. Each `happens` is one step; the effects since the last look are
 * kept for `did`, those of all time for `history`.
 */
export class Scenario {
  state: DeviceState
  now = 1_000
  random = 0
  /** The time of day that comes with every event, where one does. */
  wallClock: string | undefined
  verdict: Verdict = 'taken'
  rules: readonly RuleId[] = []
  effects: readonly Effect[] = []
  readonly history: Effect[] = []

  constructor(options: Partial<DeviceOptions> = {}) {
    const config = readConfig({ deviceId: 12345, commandRoutes: ['rte_valve'], ...options })
    const first = initial(config, { now: this.now, random: this.random })
    this.state = first.state
    this.#take(first)
  }

  #take(outcome: Step): void {
    this.state = outcome.state
    this.verdict = outcome.verdict
    this.rules = outcome.rules
    this.effects = outcome.effects
    this.history.push(...outcome.effects)
  }

  /** One event now; ids that the test does not give are those of the outstanding call and connection. */
  happens(event: Loose<DeviceEvent>): this {
    const { call, connection } = this.state.context
    const filled = {
      call: call?.id ?? 'call-none',
      connection: connection?.id ?? 'connection-none',
      ...event,
    }
    const { now, random, wallClock } = this
    const moment = wallClock === undefined ? { now, random } : { now, random, wallClock }
    this.#take(step(this.state, { ...moment, event: filled as DeviceEvent }))
    return this
  }

  /** The process ends and another one goes on from the snapshot, as it comes out of JSON (CORE-6). */
  restarts(clock: 'continued' | 'restarted' = 'restarted', options: Partial<DeviceOptions> = {}): this {
    const snapshot: unknown = JSON.parse(JSON.stringify(persist(this.state)))
    const config = readConfig({ ...this.state.context.config, ...options })
    this.#take(resume(snapshot, { config, clock, now: this.now, random: this.random }))
    return this
  }

  /** Time passes, and the timer that is set for it fires. */
  fires(timer: TimerName): this {
    const running = this.state.context.timers[timer]
    if (running === undefined) throw new Error(`the timer ${timer} is not running`)
    this.now = Math.max(this.now, running.dueAt)
    return this.happens({ type: `timer.${timer}`, timer: running.id })
  }

  /** Time passes, and nothing else. */
  passes(ms: number): this {
    this.now += ms
    return this
  }

  /** The effects of the last step, of one type. */
  did<Type extends Effect['type']>(type: Type): EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type)
  }

  /** The one effect of a type in the last step. */
  one<Type extends Effect['type']>(type: Type): EffectOf<Type> {
    const [only, ...others] = this.did(type)
    if (only === undefined || others.length > 0)
      throw new Error(
        `expected one ${type}, got ${JSON.stringify(this.effects.map((effect) => effect.type))}`,
      )
    return only
  }

  /** Effects of one type since the beginning. */
  ever<Type extends Effect['type']>(type: Type): EffectOf<Type>[] {
    return this.history.filter((effect): effect is EffectOf<Type> => effect.type === type)
  }

  /** Where a region stands while the device runs, such as `online`; else where the device stands. */
  in(region: 'authority' | 'link' | 'safety'): string {
    const { value } = this.state
    if (typeof value === 'string') return value
    const running = value.running
    if (running === undefined || typeof running === 'string') return JSON.stringify(value)
    const position = running[region] ?? ''
    return typeof position === 'string' ? position : Object.entries(position).flat().join('.')
  }

  /** How long a timer that runs still has to go. */
  waits(timer: TimerName): number | null {
    const running = this.state.context.timers[timer]
    return running === undefined ? null : running.dueAt - this.now
  }

  /** The codes of the diagnostics of the last step. */
  diagnosed(): string[] {
    return this.did('diagnose').map(({ code }) => code)
  }

  /** The messages that were published since the beginning, as the cloud reads them. */
  published(): { topic: string; body: Record<string, unknown> }[] {
    return this.ever('mqttPublish').map(({ topic, payload }) => ({ topic, body: JSON.parse(payload) }))
  }

  /** The outstanding HTTPS call brings no usable answer. */
  callFails(failure: CallFailure = 'network', retryAfterMs: number | null = null): this {
    return this.happens({ type: 'callFailed', failure, detail: 'No answer.', field: null, retryAfterMs })
  }

  /** The cloud says no to the outstanding HTTPS call. */
  callIsRefused(status: number, code: number | string | null = null): this {
    return this.happens({ type: 'callRefused', status, code })
  }

  /** The broker says no to CONNECT. */
  refuses(reasonCode: number): this {
    return this.happens({ type: 'mqttRefused', reasonCode })
  }

  stops(reason: StopReason = 'shutdown'): this {
    return this.happens({ type: 'stopRequested', reason })
  }

  issuesToken(expiresInMs = 3_600_000, renewAfterMs: number | null = null): this {
    return this.happens({ type: 'tokenIssued', expiresInMs, renewAfterMs })
  }

  readsCatalog(changes: Partial<Catalog> = {}): this {
    return this.happens({ type: 'catalogRead', catalog: { ...catalog, ...changes } })
  }

  issuesTuple(changes: Partial<Extract<DeviceEvent, { type: 'tupleIssued' }>> = {}): this {
    return this.happens({
      type: 'tupleIssued',
      clientId: 'cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      username: 'realer-cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa-cred-v12',
      scopes: allScopes,
      expiresInMs: 3_600_000,
      renewAfterMs: 2_700_000,
      sessionHardExpiresInMs: 3_600_000,
      ...changes,
    })
  }

  connects(receiveMaximum = 100): this {
    return this.happens({ type: 'mqttConnected', receiveMaximum, maximumPacketSize: null })
  }

  /** The broker grants every topic that was asked for, but for those that are named. */
  subscribes(refused: readonly string[] = []): this {
    const asked = this.state.context.connection?.asked ?? []
    const grants = asked.map((topic) => ({ topic, reasonCode: refused.includes(topic) ? 0x87 : 1 }))
    return this.happens({ type: 'mqttSubscribed', grants })
  }

  /** The whole way from the start, or from a new tuple, to online. */
  goesOnline(tuple: Partial<Extract<DeviceEvent, { type: 'tupleIssued' }>> = {}): this {
    if (this.state.context.token === null) this.issuesToken()
    if (this.state.context.call?.purpose === 'catalog') this.readsCatalog()
    if (this.state.context.call?.purpose === 'credential') this.issuesTuple(tuple)
    return this.connects().subscribes()
  }

  reports(messageId: string, route = 'rte_temperature', value = '21.5'): this {
    return this.happens({
      type: 'reportOffered',
      route,
      messageId,
      value,
      valueReceivedAt: '2026-04-29T10:00:01Z',
    })
  }

  /** The broker's PUBACK for the latest publish. */
  pubacks(reasonCode = 0, delivery = this.ever('mqttPublish').at(-1)?.delivery ?? ''): this {
    return this.happens({ type: 'mqttPublishAnswered', delivery, reasonCode })
  }

  acknowledges(messageId: string, status: string, retryable = false, more: object = {}): this {
    const payload = JSON.stringify({ version: 1, status, retryable, message_id: messageId, ...more })
    return this.happens({ type: 'mqttMessageReceived', topic: topics.acknowledgements, payload })
  }

  desires(desiredId: string, sequenceNumber: number, changes: object = {}): this {
    const payload = JSON.stringify({
      version: 1,
      desired_id: desiredId,
      value: 'open',
      valid_for_seconds: 60,
      expires_at: '2026-04-29T10:01:01Z',
      sequence_number: sequenceNumber,
      ...changes,
    })
    return this.happens({ type: 'mqttMessageReceived', topic: topics.valveDesired, payload })
  }

  finishes(desiredId: string, outcome: 'applied' | 'rejected' = 'applied', value = 'open'): this {
    const messageId = `answer-${desiredId}`
    return this.happens({
      type: 'commandFinished',
      desiredId,
      outcome,
      messageId,
      value,
      valueReceivedAt: '2026-04-29T10:00:05Z',
    })
  }

  readsValue(desiredId: string, value = 'closed'): this {
    const messageId = `answer-${desiredId}`
    return this.happens({
      type: 'valueRead',
      desiredId,
      messageId,
      value,
      valueReceivedAt: '2026-04-29T10:00:09Z',
    })
  }

  closes(reasonCode: number | null = null): this {
    const cause = reasonCode === null ? 'network' : 'server'
    return this.happens({ type: 'mqttClosed', cause, reasonCode, detail: 'the connection was reset' })
  }
}

/** Reason codes as the rows of a table: `0x87` for the title, and the number. */
export function reasons(...codes: number[]): [string, number][] {
  return codes.map((code) => [`0x${code.toString(16)}`, code])
}
