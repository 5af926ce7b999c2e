import type { Observation } from '@realer-device/core'
import type { Chance } from './chance.ts'
import { type Mood, type Move, wrongOnceIn } from './move.ts'
import type { World } from './world.ts'

/** What the host's own side can do now. */
export function hostMoves(world: World, mood: Mood): readonly Move[] {
  return [
    { weight: 3, value: offerReport },
    { weight: world.inHand.size > 0 ? 7 : 0, value: endCommand },
    { weight: world.readings.size > 0 ? 4 : 0, value: readRoute },
    // A device that has stopped goes on in its next process.
    {
      weight: world.hasStopped ? 20 : 0,
      value: ({ chance }) => world.restarts(chance.of(['continued', 'restarted'])),
    },
    { weight: mood === 'ill' ? 1 : 0, value: askStop },
  ]
}

const oddNames = ['__proto__', 'constructor', 'hasOwnProperty', '', ' ', 'ä'] as const
const oddTimes = ['2026-02-30T10:00:01Z', '2026-04-29', 'never', ''] as const

/** What the host saw: a value, the time, and an id that is new unless the host errs. */
function observed(world: World, isWrong: boolean): Observation {
  const { chance, steps } = world
  return {
    messageId: isWrong && chance.oneIn(3) ? chance.of(['m-1', ...oddNames]) : `m-${steps}-${chance.below(9)}`,
    value: anyValue(chance, isWrong),
    valueReceivedAt: isWrong && chance.oneIn(4) ? chance.of(oddTimes) : '2026-04-29T10:00:01.5Z',
  }
}

function anyValue(chance: Chance, isWrong: boolean): Observation['value'] {
  if (!isWrong) return chance.of(['open', 'shut', '21.5', '\u{1f321} 21,5 °C'])
  return chance.of([
    7,
    -0,
    0.1 + 0.2,
    1e21,
    5e-324,
    null,
    [[[1]]],
    { '2': 1, '1': 2, ä: '\u2028' },
    'v'.repeat(300),
  ])
}

function offerReport(world: World, mood: Mood): void {
  const { chance } = world
  const isWrong = chance.oneIn(wrongOnceIn[mood] * 2)
  const route = chance.of(
    isWrong ? ['rte_nowhere', ...oddNames] : ['rte_temperature', 'rte_valve', 'rte_door', 'valve'],
  )
  world.happens({ type: 'reportOffered', route, ...observed(world, chance.oneIn(wrongOnceIn[mood])) })
}

function endCommand(world: World, mood: Mood): void {
  const { chance, inHand } = world
  const [desiredId, state] = chance.any([...inHand]) ?? []
  if (desiredId === undefined) return
  const isWrong = chance.oneIn(wrongOnceIn[mood])
  const observation = observed(world, isWrong && chance.oneIn(3))
  if (isWrong && chance.oneIn(3)) return world.happens({ type: 'valueUnknown', desiredId })
  if (isWrong && chance.oneIn(3)) return world.happens({ type: 'commandLate', desiredId })
  if ((state === 'asking') !== (isWrong && chance.oneIn(3)))
    return world.happens({ type: 'valueRead', desiredId, ...observation })
  const outcome = chance.oneIn(3) ? 'rejected' : 'applied'
  world.happens({ type: 'commandFinished', desiredId, outcome, ...observation })
}

function readRoute(world: World, mood: Mood): void {
  const { chance, readings } = world
  const isWrong = chance.oneIn(wrongOnceIn[mood])
  const reading = isWrong && chance.oneIn(4) ? 'reading-0' : (chance.any([...readings]) ?? 'reading-0')
  if (chance.oneIn(3)) return world.happens({ type: 'routeValueUnknown', reading })
  world.happens({ type: 'routeValueRead', reading, ...observed(world, isWrong) })
}

function askStop(world: World): void {
  const { chance } = world
  if (chance.oneIn(3))
    world.happens({ type: 'stopRequested', reason: chance.of(['shutdown', 'decommissioning', 'compromise']) })
}
