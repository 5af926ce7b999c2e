import { callFailed, type DeviceEvent, readAnswer } from '@realer-device/core'
import { brokerMoves } from './broker-moves.ts'
import { goodAnswer, oddAnswer } from './cloud.ts'
import { hostMoves } from './host-moves.ts'
import { type Mood, type Move, wrongOnceIn } from './move.ts'
import type { World } from './world.ts'

/** Everything that can happen now, to be chosen from by weight. */
export function movesOf(world: World, mood: Mood): readonly Move[] {
  const rarely = mood === 'well' ? 0 : 1
  return [
    { weight: world.call === null ? 0 : 14, value: answerCall },
    { weight: world.timers.size === 0 ? 0 : isWaitedFor(world) ? 1 : 7, value: fireTimer },
    { weight: 2, value: passTime },
    { weight: rarely * 3, value: repeatEvent },
    { weight: rarely, value: bringStranger },
    { weight: rarely, value: restart },
    ...brokerMoves(world, mood),
    ...hostMoves(world, mood),
  ]
}

/** Whether the device waits for the cloud or the broker, so that its next timer would be the end of that wait. */
function isWaitedFor({ call, connection }: World): boolean {
  if (call !== null) return true
  return connection !== null && (connection.phase !== 'open' || connection.broker.owed.length > 0)
}

function answerCall(world: World, mood: Mood): void {
  const { call, chance } = world
  if (call === null) return
  if (chance.oneIn(wrongOnceIn[mood] * 3))
    return world.happens(callFailed(call, chance.of(['network', 'tls', 'timeout']), 'it failed'))
  const isWrong = chance.oneIn(wrongOnceIn[mood])
  world.answers(readAnswer(call, isWrong ? oddAnswer(call, chance) : goodAnswer(call, chance)))
}

/** The next timer is due: in time, too early, or after the host slept. */
function fireTimer(world: World, mood: Mood): void {
  const { chance, timers } = world
  const [next, ...others] = [...timers].sort(([, a], [, b]) => a.dueAt - b.dueAt)
  if (next === undefined) return
  const isWrong = chance.oneIn(wrongOnceIn[mood] * 2)
  const [name, { id, dueAt }] = isWrong ? (chance.any(others) ?? next) : next
  const isEarly = isWrong && chance.oneIn(4)
  if (!isEarly) world.now = Math.max(world.now, dueAt) + (isWrong ? chance.below(4_000_000) : 0)
  world.happens({ type: `timer.${name}`, timer: id })
}

function passTime(world: World, mood: Mood): void {
  const { chance } = world
  const isLong = chance.oneIn(wrongOnceIn[mood] * 20)
  world.now += isLong ? chance.below(3 * 86_400_000) : chance.below(900) + chance.real()
}

/** An event of the past comes again: an answer that is late, or was delivered twice. */
function repeatEvent(world: World): void {
  const event = world.chance.any(world.past) as DeviceEvent | null | undefined
  if (event?.type !== 'stopRequested') world.happens(event as DeviceEvent)
}

const kinds = [
  'reportOffered',
  'commandFinished',
  'valueRead',
  'routeValueRead',
  'stopRequested',
  'tokenIssued',
  'catalogRead',
  'tupleIssued',
  'callRefused',
  'callFailed',
  'mqttConnected',
  'mqttSubscribed',
  'mqttMessageReceived',
  'mqttClosed',
  'timer.reports',
  'timer.nothing',
  'toString',
  'xstate.stop',
  '',
] as const
const oddValues = [
  '__proto__',
  'constructor',
  '',
  'ä\u{1f600}\ud800',
  -0,
  0.5,
  1e21,
  2 ** 53,
  null,
  true,
  [[]],
] as const

/** What is no event, or has fields of no sense (CORE-3). */
function bringStranger(world: World): void {
  const { chance } = world
  const fields = [
    'call',
    'connection',
    'timer',
    'desiredId',
    'messageId',
    'route',
    'value',
    'reasonCode',
    'reason',
  ]
  const odd = fields.filter(() => chance.oneIn(2)).map((field) => [field, chance.of(oddValues)])
  const event: unknown = chance.oneIn(6)
    ? chance.of(oddValues)
    : { type: chance.of(kinds), ...Object.fromEntries(odd) }
  world.happens(event as DeviceEvent)
}

function restart(world: World): void {
  if (world.chance.oneIn(2)) world.restarts(world.chance.of(['continued', 'restarted']))
}
