import type { DeviceState, Report, RouteCommands, SessionContext, StateValue } from '@realer-device/core'

import { notation } from './notation.ts'

/** One region of the device's state, for people: where it stands, and what it knows there. */
export interface RegionView {
  readonly position: string
  readonly facts: readonly string[]
}

/** The regions of a state in a fixed order; moments are monotonic ms. */
export function describe(state: DeviceState): ReadonlyMap<string, RegionView> {
  const { value, context } = state
  const running = typeof value === 'string' ? undefined : value.running
  const position = (region: string) =>
    running === undefined || typeof running === 'string' ? 'ended' : path(running[region])
  return new Map([
    ['device', { position: running === undefined ? path(value) : 'running', facts: [] }],
    ['authority', { position: position('authority'), facts: authorityFacts(context) }],
    ['link', { position: position('link'), facts: linkFacts(context) }],
    ['safety', { position: position('safety'), facts: context.safe === null ? [] : [context.safe] }],
    ['reports', { position: '', facts: shortened(context.reports.map(reportFact)) }],
    ['commands', { position: '', facts: Object.entries(context.commands).flatMap(commandFacts) }],
  ])
}

/** A position such as `asking.token`. */
function path(value: StateValue | undefined): string {
  if (value === undefined || typeof value === 'string') return value ?? ''
  return Object.entries(value)
    .map(([name, inner]) => (path(inner) === '' ? name : `${name}.${path(inner)}`))
    .join(' ')
}

function authorityFacts(context: SessionContext): string[] {
  const { call, token, tokenDoubted, catalog, catalogDue, tuple, callFailures } = context
  return [
    ...(call === null ? [] : [`${call.id} outstanding`]),
    ...(token === null ? [] : [`token ${token.secret} due at ${token.dueAt}`]),
    ...(tokenDoubted ? ['token doubted'] : []),
    ...(catalog !== null && catalogDue ? ['catalog due again'] : []),
    ...(tuple === null
      ? []
      : [`tuple ${tuple.secret} ${tuple.failed ? 'failed, ' : ''}ends at ${tuple.expiresAt}`]),
    ...(callFailures === 0 ? [] : [`failures ${callFailures}`]),
  ]
}

function linkFacts({ connection, connectFailures }: SessionContext): string[] {
  return [
    ...(connection === null ? [] : [connection.id]),
    ...(connection === null || connection.inFlight.length === 0
      ? []
      : [`in flight ${connection.inFlight.length}`]),
    ...(connectFailures === 0 ? [] : [`failures ${connectFailures}`]),
  ]
}

function reportFact({ messageId, state, delivery, failures, dueAt }: Report): string {
  return [
    `${messageId} ${state}`,
    ...(delivery === null ? [] : [`as ${delivery}`]),
    ...(dueAt === null ? [] : [`until ${dueAt}`]),
    ...(failures === 0 ? [] : [`after ${failures} ${failures === 1 ? 'failure' : 'failures'}`]),
  ].join(' ')
}

function commandFacts([route, { open, highestSequence, outcomes, lastReported, reading }]: [
  string,
  RouteCommands,
]): string[] {
  const commands = open.map(
    ({ desiredId, state, because, dueAt }) =>
      `${desiredId} ${state}${because === null ? '' : `, ${because},`} until ${dueAt}`,
  )
  const highest = highestSequence === null ? [] : [`highest sequence ${highestSequence}`]
  const last = outcomes.slice(-1).map(({ desiredId, outcome }) => `last ${desiredId} ${outcome}`)
  const value = lastReported === null ? [] : [`last reported ${notation(lastReported.value)}`]
  const asked = reading === null ? [] : [`${reading} asked for`]
  const known = [...commands, ...highest, ...last, ...value, ...asked]
  return known.length === 0 ? [] : [`${route}: ${known.join(', ')}`]
}

/** A long list by its beginning and its length. */
function shortened(facts: string[]): string[] {
  const shown = 8
  return facts.length <= shown ? facts : [...facts.slice(0, shown), `and ${facts.length - shown} more`]
}
