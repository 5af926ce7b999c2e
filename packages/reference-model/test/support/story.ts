import type { DeviceEvent, DeviceOptions, Effect } from '@realer-device/core'
import type { TraceLine } from '@realer-device/reference-model'
import { allScopes, topics } from './cloud.ts'
import { World } from './world.ts'

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>

/** A device in a good story, which is then told wrongly. */
export class Story extends World {
  /** From the start, or from a new tuple, to online. */
  online(): this {
    while (!this.isOnline) this.heals()
    return this
  }

  /** A well-behaved cloud answers so many times. */
  well(steps = 1): this {
    for (let n = 0; n < steps; n += 1) this.heals()
    return this
  }

  event(event: DeviceEvent): this {
    this.happens(event)
    return this
  }

  refusesCall(status: number, code: number | null = null): this {
    return this.event({ type: 'callRefused', call: this.call, status, code })
  }

  failsCall(retryAfterMs: number | null = null): this {
    return this.event({
      type: 'callFailed',
      call: this.call,
      failure: 'busy',
      detail: 'busy',
      field: null,
      retryAfterMs,
    })
  }

  issuesTuple(changes: Partial<Extract<DeviceEvent, { type: 'tupleIssued' }>> = {}): this {
    return this.event({
      type: 'tupleIssued',
      call: this.call,
      clientId: 'cdv_a',
      username: 'u',
      scopes: allScopes,
      expiresInMs: 3_600_000,
      renewAfterMs: 2_700_000,
      sessionHardExpiresInMs: 3_600_000,
      ...changes,
    })
  }

  connects(receiveMaximum = 100): this {
    return this.event({
      type: 'mqttConnected',
      connection: this.connection,
      receiveMaximum,
      maximumPacketSize: null,
    })
  }

  refusesConnect(reasonCode: number): this {
    return this.event({ type: 'mqttRefused', connection: this.connection, reasonCode })
  }

  closes(reasonCode: number | null = null): this {
    const cause = reasonCode === null ? 'network' : 'server'
    return this.event({ type: 'mqttClosed', connection: this.connection, cause, reasonCode, detail: 'gone' })
  }

  reports(messageId: string, route = 'rte_temperature', value = '21.5'): this {
    const valueReceivedAt = '2026-04-29T10:00:01Z'
    return this.event({ type: 'reportOffered', route, messageId, value, valueReceivedAt })
  }

  pubacks(reasonCode = 0, delivery = this.delivery): this {
    return this.event({ type: 'mqttPublishAnswered', connection: this.connection, delivery, reasonCode })
  }

  acknowledges(messageId: string, status = 'accepted', retryable = false): this {
    return this.message(
      topics.feedDataAckTopic,
      JSON.stringify({ version: 1, status, retryable, message_id: messageId, error: { type: 'why' } }),
    )
  }

  desires(desiredId: string, sequence: number, changes: object = {}): this {
    return this.message(
      topics.desired[0] ?? '',
      JSON.stringify({
        version: 1,
        desired_id: desiredId,
        value: 'open',
        valid_for_seconds: 60,
        expires_at: '2026-04-29T10:01:01Z',
        sequence_number: sequence,
        ...changes,
      }),
    )
  }

  message(topic: string, payload: string): this {
    return this.event({ type: 'mqttMessageReceived', connection: this.connection, topic, payload })
  }

  finishes(desiredId: string, outcome: 'applied' | 'rejected' = 'applied'): this {
    return this.event({ type: 'commandFinished', desiredId, outcome, ...observed(`answer-${desiredId}`) })
  }

  readsValue(desiredId: string, value = 'closed'): this {
    return this.event({ type: 'valueRead', desiredId, ...observed(`answer-${desiredId}`, value) })
  }

  stops(reason: 'shutdown' | 'compromise' = 'shutdown'): this {
    return this.event({ type: 'stopRequested', reason })
  }

  passes(ms: number): this {
    this.now += ms
    return this
  }
}

function observed(messageId: string, value = 'open') {
  return { messageId, value, valueReceivedAt: '2026-04-29T10:00:05Z' }
}

/** A story of a device with these options. */
export function story(options: Partial<DeviceOptions> = {}): Story {
  return new Story(options)
}

/** A trace that is told wrongly: each change gives a copy with one thing different. */
export class Doctored {
  readonly lines: readonly TraceLine[]

  constructor(lines: readonly TraceLine[]) {
    this.lines = JSON.parse(JSON.stringify(lines)) as TraceLine[]
  }

  /** The number of the line with the `nth` effect of a type; the last one with -1. */
  lineOf(type: Effect['type'], nth = -1): number {
    const at = this.lines.flatMap(({ effects }, line) =>
      effects.flatMap((effect) => (effect.type === type ? [line] : [])),
    )
    const line = at.at(nth)
    if (line === undefined) throw new Error(`no effect ${type}`)
    return line
  }

  /** Every effect of a type is left out of a line, and what a test may put there instead. */
  without(type: Effect['type'], nth = -1, instead: readonly Effect[] = []): Doctored {
    return this.rewritten(this.lineOf(type, nth), (effects) => [
      ...effects.filter((effect) => effect.type !== type),
      ...instead,
    ])
  }

  /** One effect is told differently. */
  changed<Type extends Effect['type']>(type: Type, changes: object, nth = -1): Doctored {
    return this.rewritten(this.lineOf(type, nth), (effects) =>
      effects.map((effect) => (effect.type === type ? ({ ...effect, ...changes } as Effect) : effect)),
    )
  }

  /** The effects of a type are moved to another line. */
  moved(type: Effect['type'], to: number, nth = -1): Doctored {
    const moved = this.lines[this.lineOf(type, nth)]?.effects.filter((effect) => effect.type === type) ?? []
    return this.without(type, nth).with(to, ...moved)
  }

  /** More effects at the end of a line. */
  with(line: number, ...more: Effect[]): Doctored {
    return this.rewritten(line, (effects) => [...effects, ...more])
  }

  /** One effect of a type again, with changes, at the end of a line. */
  again<Type extends Effect['type']>(type: Type, line: number, changes: object = {}, nth = -1): Doctored {
    return this.with(line, { ...this.effect(type, nth), ...changes } as Effect)
  }

  /** A line is told differently. */
  line(at: number, changes: Partial<TraceLine>): Doctored {
    return new Doctored(this.lines.map((line, n) => (n === this.index(at) ? { ...line, ...changes } : line)))
  }

  /** The effects of a line are replaced. */
  rewritten(at: number, rewrite: (effects: readonly Effect[]) => readonly Effect[]): Doctored {
    return new Doctored(
      this.lines.map((line, n) =>
        n === this.index(at) ? { ...line, effects: rewrite(line.effects) } : line,
      ),
    )
  }

  effect<Type extends Effect['type']>(type: Type, nth = -1): EffectOf<Type> {
    const all = this.lines.flatMap(({ effects }) => effects)
    const found = all.filter((effect): effect is EffectOf<Type> => effect.type === type).at(nth)
    if (found === undefined) throw new Error(`no effect ${type}`)
    return found
  }

  index(at: number): number {
    return at < 0 ? this.lines.length + at : at
  }
}
