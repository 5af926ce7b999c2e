import {
  type DeviceEvent,
  type DeviceState,
  deviceMachine,
  step,
  type TimerName,
  timers,
} from '@realer-device/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beginning, judgedRun, moves } from './support/campaign.ts'
import { topics } from './support/cloud.ts'
import { stop } from './support/moves.ts'
import { story } from './support/story.ts'

interface Reached {
  readonly state: DeviceState
  readonly now: number
}

/** One state for each state value that random runs, and some ways on purpose, come to. */
function reachedStates(): Map<string, Reached> {
  const reached = new Map<string, Reached>()
  const note = ({ state, now }: Reached) => {
    const key = JSON.stringify(state.value)
    if (!reached.has(key)) reached.set(key, { state, now })
  }
  const runs = fc.sample(fc.tuple(beginning, moves(60), fc.option(stop), moves(8)), { numRuns: 150, seed: 7 })
  for (const [from, before, asked, after] of runs) {
    const staying = after.filter(({ do: kind }) => kind !== 'deviceRestarts')
    const moves = asked === null ? before : [...before, asked, ...staying]
    judgedRun({ beginning: from, moves }, undefined, note)
  }
  const unavailable = story().well()
  unavailable.does({ do: 'callIsAnswered', how: 8, lifeMs: 60_000, scopes: 15 })
  note(unavailable)
  note(story().online().stops())
  note(story().online().stops('compromise'))
  note(story().online().stops().closes())
  note(story().online().fires('renewTuple').fires('callTimeout').fires('expireTuple'))
  return reached
}

/** The states that a device can rest in: those without an unguarded transition that leads on at once. */
function restingStates(): string[] {
  const found: string[] = []
  const visit = (node: typeof deviceMachine.root): void => {
    const children = Object.values(node.states)
    const leadsOn = (node.always ?? []).some(({ guard }) => guard === undefined)
    if (children.length === 0 && !leadsOn) found.push(node.path.join('.'))
    for (const child of children) visit(child)
  }
  visit(deviceMachine.root)
  return found
}

/** The leaves of a state value, as paths. */
function leavesOf(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === 'string') return [[...path, value].join('.')]
  const entries = Object.entries(value as object)
  if (entries.length === 0) return [path.join('.')]
  return entries.flatMap(([name, inner]) => leavesOf(inner, [...path, name]))
}

/** An event of every type, each for what is outstanding and for what never was. */
function everyEvent({ context }: DeviceState): DeviceEvent[] {
  const open = Object.values(context.commands).flatMap((route) => route.open)
  const readings = Object.values(context.commands).map(({ reading }) => reading)
  const observed = { messageId: 'm-total', value: 'v', valueReceivedAt: '2026-04-29T10:00:01Z' }
  const ids = <Id>(id: Id | null | undefined): (Id | string)[] => (id == null ? ['x'] : [id, 'x'])
  const events: DeviceEvent[] = [
    { type: 'reportOffered', route: 'rte_temperature', ...observed },
    ...(['shutdown', 'decommissioning', 'compromise'] as const).map(
      (reason) => ({ type: 'stopRequested', reason }) as const,
    ),
  ]
  for (const call of ids(context.call?.id))
    events.push(
      { type: 'tokenIssued', call, expiresInMs: 60_000, renewAfterMs: null },
      {
        type: 'tupleIssued',
        call,
        clientId: 'c',
        username: 'u',
        scopes: [],
        expiresInMs: 60_000,
        renewAfterMs: null,
        sessionHardExpiresInMs: null,
      },
      { type: 'tokenRevoked', call },
      ...[400, 401, 404].map((status) => ({ type: 'callRefused', call, status, code: null }) as const),
      { type: 'callFailed', call, failure: 'network', detail: '', field: null, retryAfterMs: 1 },
    )
  if (context.catalog !== null)
    for (const call of ids(context.call?.id))
      events.push({ type: 'catalogRead', call, catalog: context.catalog })
  for (const connection of ids(context.connection?.id)) {
    events.push(
      { type: 'mqttConnected', connection, receiveMaximum: 1, maximumPacketSize: null },
      { type: 'mqttSubscribed', connection, grants: [] },
      ...[0x80, 0x87, 0x8a, 0x9c].map(
        (reasonCode) => ({ type: 'mqttRefused', connection, reasonCode }) as const,
      ),
      ...[null, 0x87, 0x8e, 0x9d].map(
        (reasonCode) =>
          ({ type: 'mqttClosed', connection, cause: 'server', reasonCode, detail: '' }) as const,
      ),
      ...[topics.feedDataAckTopic, topics.desired[0] ?? '', 'x'].map(
        (topic) => ({ type: 'mqttMessageReceived', connection, topic, payload: '{"version":1}' }) as const,
      ),
    )
    for (const delivery of ids(context.connection?.inFlight[0]?.delivery))
      for (const reasonCode of [0, 0x90, 0x99])
        events.push({ type: 'mqttPublishAnswered', connection, delivery, reasonCode })
  }
  for (const desiredId of ids(open[0]?.desiredId))
    events.push(
      { type: 'commandFinished', desiredId, outcome: 'applied', ...observed },
      { type: 'commandLate', desiredId },
      { type: 'valueRead', desiredId, ...observed },
      { type: 'valueUnknown', desiredId },
    )
  for (const reading of ids(readings[0]))
    events.push({ type: 'routeValueRead', reading, ...observed }, { type: 'routeValueUnknown', reading })
  for (const name of Object.keys(timers) as TimerName[])
    for (const timer of ids(context.timers[name]?.id)) events.push({ type: `timer.${name}`, timer })
  return events
}

describe('CORE-3 every event in every state', () => {
  const reached = reachedStates()

  it('every state of the chart that a device can rest in is reached', () => {
    const leaves = new Set([...reached.values()].flatMap(({ state }) => leavesOf(state.value)))
    // A region without states of its own is always there.
    const resting = restingStates().filter((path) => !/\.(reports|commands)$/.test(path))
    expect(resting.filter((path) => !leaves.has(path))).toEqual([])
    expect(reached.size).toBeGreaterThan(30)
  })

  it('each event type is taken, stale or ignored with a diagnostic; none throws, early or late', () => {
    const types = new Set<string>()
    const faults: string[] = []
    for (const [value, { state, now }] of reached)
      for (const event of everyEvent(state))
        for (const lateMs of [0, 1e9]) {
          types.add(event.type)
          const { verdict, effects } = step(state, { now: now + lateMs, random: 0.5, event })
          const isTold = verdict !== 'ignored' || effects.some(({ type }) => type === 'diagnose')
          if (!['taken', 'stale', 'ignored'].includes(verdict) || !isTold)
            faults.push(`${event.type} in ${value}`)
        }
    expect(faults).toEqual([])
    expect(types.size).toBe(20 + Object.keys(timers).length)
  })
})
