import * as v from 'valibot'
import type { Delivery } from './broker/port.ts'
import type { SandboxDevice } from './device.ts'
import type { CommandOutcome, DesiredEntry } from './entries.ts'
import { SandboxError } from './errors.ts'
import type { FaultBook } from './faults.ts'
import { newDesiredId } from './ids.ts'
import type { WritableLedger } from './ledger.ts'

/** How to order a desired state. */
export interface DesireOptions {
  /** The execution window (`valid_for_seconds`). Default 60. */
  validForSeconds?: number
}

/** A desired state that was ordered. */
export interface DesiredOrder {
  desiredId: string
  sequenceNumber: number
}

interface Order extends DesiredOrder {
  route: string
  value: string
  validForSeconds: number
  expiresAt: Date
}

/** A message for a route's desired topic; `order` is null for a raw payload, whose ids are read where they can be. */
interface Message {
  route: string
  order: Order | null
  desiredId: string | null
  sequenceNumber: number | null
  payload: string
}

/** The desired states of the command routes. */
export interface DesiredStates {
  desire(route: string, value: string, options?: DesireOptions): DesiredOrder
  resend(desiredId: string): void
  desireRaw(route: string, payloadText: string): void
  /** Delivers what was held for a topic. */
  subscribed(topic: string): void
  knows(route: string, desiredId: string): boolean
  outcomeOf(desiredId: string): CommandOutcome | 'none'
}

/** The service that orders desired states, the same one behind both brokers. */
export function createDesiredStates(parts: {
  device: SandboxDevice
  ledger: WritableLedger
  faults: FaultBook
  publish: (topic: string, payload: string) => Promise<Delivery>
}): DesiredStates {
  const { device, ledger, faults, publish } = parts
  const orders = new Map<string, Order>()
  const rawIds = new Map<string, string>()
  const lastSequence = new Map<string, number>()
  const held = new Map<string, Order>()
  const subscriptions = new Map<string, number>()
  let reordered: Message[] = []

  function enter(message: Message, delivery: DesiredEntry['delivery']): void {
    const { route, desiredId, sequenceNumber } = message
    ledger.write({ kind: 'desired', route, desiredId, sequenceNumber, delivery })
  }

  function topicOf(route: string): string {
    const topic = Object.hasOwn(device.routes, route) ? device.routes[route]?.desiredTopic : undefined
    if (topic === undefined)
      throw new SandboxError('unknown-route', `No command route "${route}".`, 'routeName')
    return topic
  }

  async function send(message: Message): Promise<void> {
    const topic = topicOf(message.route)
    const seen = subscriptions.get(topic) ?? 0
    const delivery = await publish(topic, message.payload).catch(() => 'no-subscriber' as const)
    if (delivery === 'sent' || message.order === null) {
      enter(message, delivery)
      return
    }
    hold(message.order)
    // The device may have subscribed while the broker was saying that it had not.
    if ((subscriptions.get(topic) ?? 0) !== seen) release(message.route)
  }

  function hold(order: Order): void {
    const other = held.get(order.route)
    const [kept, dropped] =
      other === undefined || other.sequenceNumber <= order.sequenceNumber ? [order, other] : [other, order]
    held.set(order.route, kept)
    if (dropped !== undefined && dropped !== kept) enter(messageOf(dropped), 'superseded')
    if (kept === order) enter(messageOf(order), 'held')
  }

  function release(route: string): void {
    const order = held.get(route)
    if (order === undefined) return
    held.delete(route)
    // The device counts its window from receipt, so a late message is sent with what is left of it.
    const leftSeconds = Math.ceil((order.expiresAt.getTime() - Date.now()) / 1000)
    if (leftSeconds <= 0) enter(messageOf(order), 'expired')
    else void send(messageOf({ ...order, validForSeconds: Math.min(leftSeconds, order.validForSeconds) }))
  }

  function dispatch(message: Message): void {
    const fault = faults.take('desired')
    if (fault?.do === 'reorder') {
      reordered.push(message)
      return
    }
    const after = reordered
    reordered = []
    if (fault?.do === 'swallow') enter(message, 'swallowed')
    else void send(message)
    if (fault?.do === 'duplicate') void send(message)
    for (const waiting of after) void send(waiting)
  }

  return {
    desire(route, value, { validForSeconds = 60 } = {}) {
      topicOf(route)
      if (typeof value !== 'string')
        throw new SandboxError('invalid-argument', 'value must be a string.', 'value')
      if (!(validForSeconds > 0 && validForSeconds <= 86_400)) {
        const message = 'validForSeconds must be above 0 and at most 86400.'
        throw new SandboxError('invalid-argument', message, 'validForSeconds')
      }
      const sequenceNumber = (lastSequence.get(route) ?? 0) + 1
      lastSequence.set(route, sequenceNumber)
      const desiredId = newDesiredId()
      const expiresAt = new Date(Date.now() + validForSeconds * 1000)
      const order = { route, desiredId, sequenceNumber, value, validForSeconds, expiresAt }
      orders.set(desiredId, order)
      dispatch(messageOf(order))
      return { desiredId, sequenceNumber }
    },
    resend(desiredId) {
      const order = orders.get(desiredId)
      if (order === undefined) throw new SandboxError('unknown-command', 'No such desired id.', 'desiredId')
      dispatch(messageOf(order))
    },
    desireRaw(route, payload) {
      topicOf(route)
      const message = { route, order: null, payload, ...idsIn(payload) }
      if (message.desiredId !== null && !orders.has(message.desiredId)) rawIds.set(message.desiredId, route)
      dispatch(message)
    },
    subscribed(topic) {
      const route = Object.entries(device.routes).find(([, one]) => one.desiredTopic === topic)?.[0]
      if (route === undefined) return
      subscriptions.set(topic, (subscriptions.get(topic) ?? 0) + 1)
      release(route)
    },
    knows: (route, desiredId) => (orders.get(desiredId)?.route ?? rawIds.get(desiredId)) === route,
    outcomeOf(desiredId) {
      if (!orders.has(desiredId) && !rawIds.has(desiredId))
        throw new SandboxError('unknown-command', 'No such desired id.', 'desiredId')
      for (const entry of ledger.entries) {
        if (entry.kind === 'report' && entry.desiredId === desiredId) return entry.outcome
      }
      return 'none'
    },
  }
}

function messageOf(order: Order): Message {
  const payload = JSON.stringify({
    version: 1,
    desired_id: order.desiredId,
    value: order.value,
    valid_for_seconds: order.validForSeconds,
    expires_at: order.expiresAt.toISOString(),
    sequence_number: order.sequenceNumber,
  })
  const { route, desiredId, sequenceNumber } = order
  return { route, order, desiredId, sequenceNumber, payload }
}

function idsIn(payload: string): { desiredId: string | null; sequenceNumber: number | null } {
  let json: unknown
  try {
    json = JSON.parse(payload)
  } catch {
    json = undefined
  }
  const found = v.safeParse(v.record(v.string(), v.unknown()), json)
  const { desired_id: id, sequence_number: sequence } = found.success ? found.output : {}
  return {
    desiredId: typeof id === 'string' ? id : null,
    sequenceNumber: typeof sequence === 'number' ? sequence : null,
  }
}
