import type { Concern } from './concern.ts'
import type { Facts } from './facts.ts'
import { addPending, isTooLarge, oldestToEvict, rememberReported } from './outbox.ts'
import { depthOf, isUtcInstant } from './payloads.ts'
import { routeNamed } from './routes.ts'
import type { EffectOf, Tell } from './trace.ts'

/** The outbox's door: each report that is offered is taken, or refused for a reason that holds (PUB-3, PUB-9). */
export const door: Concern = {
  heard(facts, event) {
    if (event.type === 'reportOffered') offer(facts, event)
  },

  did(facts, effect, tell) {
    if (effect.type === 'acceptReport') accept(facts, effect, tell)
    if (effect.type === 'refuseReport') refuse(facts, effect, tell)
  },

  settled({ step }, tell) {
    if (step.offered !== null) tell('PUB-3', 'a report that is offered is taken or refused')
  },
}

/** A report comes to the door, of the host's own accord or because a route's value has changed (PUB-3, PUB-11). */
export function offer(facts: Facts, event: Offering): void {
  const { messageId, route } = event
  facts.step.offered = { messageId, route, body: bodyOf(event), faults: faultsOf(facts, event) }
}

interface Offering {
  readonly messageId: string
  readonly route: string
  readonly value?: unknown
  readonly valueReceivedAt?: unknown
}

/** What a message must say (PUB-3). */
export function bodyOf(observation: {
  readonly messageId: string
  readonly value?: unknown
  readonly valueReceivedAt?: unknown
}): { readonly [name: string]: unknown } {
  const { messageId, value, valueReceivedAt } = observation
  return { message_id: messageId, value, value_received_at: valueReceivedAt }
}

/** What is wrong with an observation by itself, as codes of a refusal (PUB-3). */
export function observationFaults(
  { config }: Facts,
  observation: { readonly messageId: string; readonly value?: unknown; readonly valueReceivedAt?: unknown },
  more: object = {},
): string[] {
  const { messageId, value, valueReceivedAt } = observation
  const isValue =
    config.valueContract === 'string'
      ? typeof value === 'string'
      : value !== undefined && depthOf(value) <= 64
  const characters = isValue ? JSON.stringify({ ...bodyOf(observation), ...more }).length : 0
  return [
    ...(/^[\x21-\x7e]{1,128}$/.test(messageId) ? [] : ['message-id-invalid']),
    ...(isValue ? [] : ['value-invalid']),
    ...(isUtcInstant(valueReceivedAt) ? [] : ['value-received-at-invalid']),
    ...(characters > config.limits.maxPayloadCharacters ? ['too-large'] : []),
  ]
}

/** Every code by which the report may be refused at the door; none: it must be taken. */
function faultsOf(facts: Facts, event: Offering): string[] {
  const { authority, outbox, config, stop } = facts
  if (stop.reason !== null) return ['stopped']
  const faults = observationFaults(facts, event)
  const { catalog } = authority
  if (catalog !== null && catalog.credentialEndpoint !== null) {
    const route = routeNamed(config, catalog, event.route)
    if (route === null) faults.push('route-unknown')
    else if (faults.length === 0 && isTooLarge(facts, route.feedDataTopic, JSON.stringify(bodyOf(event))))
      faults.push('too-large')
  }
  if (outbox.pending.some(({ messageId }) => messageId === event.messageId)) faults.push('message-id-in-use')
  const isFull = outbox.pending.length >= config.limits.maxReports
  if (isFull && (config.outboxOverflow === 'refuse' || oldestToEvict(facts) === undefined))
    faults.push('outbox-full')
  return faults
}

function accept(facts: Facts, effect: EffectOf<'acceptReport'>, tell: Tell): void {
  const { step } = facts
  const { offered } = step
  step.offered = null
  if (offered?.messageId !== effect.messageId || offered.route !== effect.route)
    return tell('PUB-3', `${effect.messageId} was not offered`)
  // Outcomes of commands have room of their own: only the host's reports count for certain.
  const own = facts.outbox.pending.filter(({ desiredId }) => desiredId === null).length
  for (const fault of offered.faults)
    if (fault !== 'outbox-full') tell(doorRules[fault] ?? 'PUB-3', `${effect.messageId} is refused: ${fault}`)
  if (own >= facts.config.limits.maxReports) tell('PUB-9', 'the outbox is bounded')
  const { messageId, route, body } = offered
  addPending(facts, { messageId, route, desiredId: null, body, text: null })
  rememberReported(facts, route, { value: body.value })
}

const doorRules: { readonly [code: string]: 'PUB-4' | 'PUB-8' | 'PUB-9' | 'CAT-5' | 'STOP-1' } = {
  'message-id-in-use': 'PUB-4',
  'too-large': 'PUB-8',
  'outbox-full': 'PUB-9',
  'route-unknown': 'CAT-5',
  stopped: 'STOP-1',
}

function refuse({ step, safe }: Facts, effect: EffectOf<'refuseReport'>, tell: Tell): void {
  if (effect.desiredId !== null) return
  const { offered } = step
  step.offered = null
  if (offered?.messageId !== effect.messageId) return tell('PUB-3', `${effect.messageId} was not offered`)
  const isFull =
    effect.code === 'outbox-full' && step.line.effects.some(({ type }) => type === 'settleReport')
  if (safe && offered.faults.length === 0 && !isFull)
    tell('SAFE-2', `${effect.messageId} is taken, also while safe`)
  else if (!offered.faults.includes(effect.code))
    tell(doorRules[effect.code] ?? 'PUB-3', `${effect.messageId} is not refused as ${effect.code}`)
}
