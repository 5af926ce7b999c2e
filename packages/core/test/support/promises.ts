import { isDeepStrictEqual } from 'node:util'
import { type DeviceState, type Effect, type Step, type StepInput, step } from '@realer-device/core'
import { topics } from './scenario.ts'

interface IssuedTuple {
  readonly endsAt: number
  readonly readsAcknowledgements: boolean
}

/** One connection, as the other side of the wire sees it. */
interface SeenConnection {
  readonly id: string
  readonly tuple: IssuedTuple
  receiveMaximum: number
  granted: boolean
  closing: boolean
  readonly inFlight: Set<string>
}

/**
 * Watches one device from outside: only events and effects, and the state for its plainness. After every step it
 * checks what must hold in every run; a breach throws with the rule's id.
 */
export class Promises {
  readonly #ids = new Set<string>()
  readonly #tuples = new Map<string, IssuedTuple>()
  readonly #windows = new Map<string, number>()
  readonly #started = new Set<string>()
  readonly #timers = new Set<string>()
  readonly #pending: string[] = []
  #highestStarted = Number.NEGATIVE_INFINITY
  #call: string | null = null
  #connection: SeenConnection | null = null
  /** Its end is the event of this step; timers that were overdue may still have spoken of it before. */
  #gone: string | null = null
  #safe = false
  #stopped = false

  /** The reports that were accepted and have not settled. */
  get pending(): readonly string[] {
    return this.#pending
  }

  /** Checks one step, and that the same input to the same state, out of JSON, gives the same (CORE-2, CORE-6). */
  check(before: DeviceState | null, input: StepInput | null, outcome: Step): void {
    hold('CORE-1', isDeepStrictEqual(copy(outcome), outcome), 'a step is plain JSON')
    const now = input?.now ?? 0
    if (before !== null && input !== null) {
      const again = step(copy(before), copy(input))
      hold('CORE-2', isDeepStrictEqual(again, outcome), 'the same state and input give the same step')
      if (outcome.verdict === 'stale')
        hold('CORE-4', input.event.type !== 'reportOffered', 'a report is never stale')
      if (outcome.verdict === 'taken') this.#heard(input)
      else if (outcome.verdict === 'ignored')
        hold(
          'CORE-3',
          outcome.effects.some(({ type }) => type === 'diagnose'),
          'what is ignored is told',
        )
    }
    for (const effect of outcome.effects) this.#done(effect, now)
    if (this.#connection?.id === this.#gone) this.#connection = null
    this.#still(outcome.state)
  }

  /** What an event that was taken says about the world. */
  #heard({ event, now }: StepInput): void {
    if ('call' in event && event.call === this.#call) this.#call = null
    if (event.type === 'tupleIssued')
      this.#tuples.set(event.call, {
        endsAt: now + Math.min(event.expiresInMs, event.sessionHardExpiresInMs ?? event.expiresInMs),
        readsAcknowledgements: event.scopes.includes('iot:mqtt:ack:read'),
      })
    if (event.type === 'stopRequested') this.#stopped = true
    const connection = this.#connection
    if (connection === null || !('connection' in event) || event.connection !== connection.id) return
    if (event.type === 'mqttConnected') {
      connection.receiveMaximum = event.receiveMaximum
      if (!connection.tuple.readsAcknowledgements) connection.granted = true
    }
    if (event.type === 'mqttSubscribed')
      connection.granted ||= event.grants.some(
        ({ topic, reasonCode }) => topic === topics.acknowledgements && reasonCode < 0x80,
      )
    if (event.type === 'mqttPublishAnswered') connection.inFlight.delete(event.delivery)
    if (event.type === 'mqttClosed' || event.type === 'mqttRefused') this.#gone = connection.id
    if (event.type === 'mqttMessageReceived' && event.topic === topics.valveDesired)
      this.#desired(event.payload, now)
  }

  #desired(payload: string, now: number): void {
    try {
      const { desired_id, valid_for_seconds } = JSON.parse(payload) as Record<string, unknown>
      if (typeof desired_id === 'string' && !this.#windows.has(desired_id))
        this.#windows.set(desired_id, now + Number(valid_for_seconds) * 1000)
    } catch {
      // No window to remember.
    }
  }

  #done(effect: Effect, now: number): void {
    switch (effect.type) {
      case 'setTimer':
        this.#isNew(effect.id)
        hold('CORE-1', effect.delayMs >= 0 && Number.isFinite(effect.delayMs), 'a delay can be waited for')
        this.#timers.add(effect.id)
        break
      case 'cancelTimer':
        hold('CORE-4', this.#timers.delete(effect.id), 'only a timer that was set is cancelled')
        break
      case 'call':
        this.#isNew(effect.call)
        hold('F-5', this.#call === null, 'one call is outstanding at most')
        hold('AUTH-1', effect.url.startsWith('https://'), 'calls are https:')
        this.#call = effect.call
        break
      case 'cancelCall':
        if (effect.call === this.#call) this.#call = null
        break
      case 'mqttConnect': {
        this.#isNew(effect.connection)
        hold(
          'CONN-6',
          (this.#connection?.id ?? null) === this.#gone || this.#connection === null,
          'one connection exists at most',
        )
        const tuple = this.#tuples.get(effect.password.secret)
        hold('F-1', tuple !== undefined && tuple.endsAt > now, 'no CONNECT with an expired tuple')
        hold('STOP-1', !this.#stopped, 'no CONNECT after a stop')
        if (tuple !== undefined)
          this.#connection = {
            id: effect.connection,
            tuple,
            receiveMaximum: 0,
            granted: false,
            closing: false,
            inFlight: new Set(),
          }
        break
      }
      case 'mqttSubscribe':
        hold(
          'REN-5',
          this.#living(effect.connection).tuple.endsAt > now,
          'no SUBSCRIBE after the tuple’s end',
        )
        hold('SUB-1', effect.topics.length > 0, 'no SUBSCRIBE without a topic')
        break
      case 'mqttPublish': {
        this.#isNew(effect.delivery)
        const connection = this.#living(effect.connection)
        hold('SUB-2', connection.granted, 'no PUBLISH before the SUBACK')
        hold('REN-5', connection.tuple.endsAt > now, 'no PUBLISH after the tuple’s end')
        connection.inFlight.add(effect.delivery)
        hold('PUB-8', connection.inFlight.size <= connection.receiveMaximum, 'the receive maximum holds')
        break
      }
      case 'mqttDisconnect':
        this.#living(effect.connection).closing = true
        break
      case 'mqttAbort':
        hold('CONN-6', this.#connection?.id === effect.connection, 'only the one connection is cut')
        this.#connection = null
        break
      case 'acceptReport':
        hold('F-9', !this.#pending.includes(effect.messageId), 'one report an id')
        this.#pending.push(effect.messageId)
        break
      case 'settleReport':
        if (effect.desiredId === null) {
          const at = this.#pending.indexOf(effect.messageId)
          hold('F-9', at >= 0, 'a report settles once')
          this.#pending.splice(at, 1)
        }
        break
      case 'startCommand':
        hold('DES-4', !this.#started.has(effect.desiredId), 'a desired id is started once')
        hold('F-10', effect.sequenceNumber > this.#highestStarted, 'no older desired state over a newer one')
        hold('F-12', now < (this.#windows.get(effect.desiredId) ?? 0), 'no start after the window')
        hold('F-14', !this.#safe, 'no start while safe')
        hold('STOP-1', !this.#stopped, 'no start after a stop')
        this.#started.add(effect.desiredId)
        this.#highestStarted = effect.sequenceNumber
        break
      case 'enterSafe':
        hold('SAFE-1', !this.#safe, 'safe is entered once')
        this.#safe = true
        break
      case 'leaveSafe':
        hold('SAFE-1', this.#safe, 'safe is left once')
        this.#safe = false
        break
    }
  }

  /** What holds between two steps. */
  #still({ context }: DeviceState): void {
    const { maxReports, maxUnansweredCommands } = context.config.limits
    const kept = context.reports
      .filter(({ desiredId }) => desiredId === null)
      .map(({ messageId }) => messageId)
    hold(
      'F-8',
      isDeepStrictEqual(kept, [...this.#pending]),
      'every accepted report is kept, in order, or settled',
    )
    hold('CORE-5', context.reports.length <= 2 * maxReports, 'the outbox is bounded')
    for (const { open } of Object.values(context.commands)) {
      hold('CORE-5', open.length <= 2 + maxUnansweredCommands, 'the commands are bounded')
      hold('DES-8', open.filter(({ state }) => state === 'running').length <= 1, 'one command runs a route')
      hold('DES-8', open.filter(({ state }) => state === 'waiting').length <= 1, 'one command waits a route')
    }
    hold('F-5', (context.call?.id ?? null) === this.#call, 'the outstanding call is the host’s')
    hold(
      'CONN-6',
      (context.connection?.id ?? null) === (this.#connection?.id ?? null),
      'the connection is the host’s',
    )
    for (const { id } of Object.values(context.timers))
      hold('F-11', this.#timers.has(id), 'what is waited for has a timer at the host')
  }

  #living(connection: string): SeenConnection {
    const seen = this.#connection
    if (seen === null || seen.id !== connection || seen.closing)
      throw new Error(`CONN-6 broken: ${connection} is gone or closing`)
    return seen
  }

  #isNew(id: string): void {
    hold('CORE-4', !this.#ids.has(id), 'ids are never used again')
    this.#ids.add(id)
  }
}

function hold(rule: string, holds: boolean, promise: string): void {
  if (!holds) throw new Error(`${rule} broken: ${promise}`)
}

function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}
