import type { Effect } from '@realer-device/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Move, move, stop, World } from './support/world.ts'

/** What at least some of the runs must have come to. */
const effectTypes: readonly Effect['type'][] = [
  'announceOnline',
  'announceOffline',
  'mqttPublish',
  'mqttDisconnect',
  'mqttAbort',
  'settleReport',
  'refuseReport',
  'startCommand',
  'readValue',
  'settleCommand',
  'enterSafe',
  'leaveSafe',
  'cancelCall',
]

const moves = (maxLength: number) => fc.array(move, { maxLength, size: 'max' })

const begin = fc.constantFrom('starting' as const, 'online' as const)

function run(list: readonly Move[], from: 'starting' | 'online'): World {
  const world = new World(from)
  for (const each of list) world.does(each)
  return world
}

describe('F-1 F-5 F-8 F-9 F-10 F-12 F-14 REN-5 SUB-2 CONN-6 CORE-2 CORE-5 CORE-6 in every run', () => {
  it('whatever the cloud does, well, badly, late, twice or never, the promises hold after each step', () => {
    const runsWith = new Map<string, number>()
    fc.assert(
      fc.property(moves(80), begin, (list, from) => {
        const { seen } = run(list, from)
        for (const type of seen.keys()) runsWith.set(type, (runsWith.get(type) ?? 0) + 1)
      }),
      { numRuns: 400 },
    )
    // Runs that never come far would prove nothing.
    for (const type of effectTypes) expect(runsWith.get(type) ?? 0, type).toBeGreaterThan(5)
  })

  it('STOP-1 a stop at any moment starts nothing new, and ends', () => {
    fc.assert(
      fc.property(moves(40), stop, moves(20), begin, (before, asked, after, from) => {
        const world = run([...before, asked, ...after], from)
        for (let n = 0; n < 10 && world.state.value !== 'stopped'; n += 1) world.heals()
        expect(world.state.value).toBe('stopped')
        expect(world.state.context.timers).toEqual({})
      }),
      { numRuns: 150 },
    )
  })
})

describe('CORE-7 no deadlock', () => {
  it('after any run, a well-behaved cloud leads back to online, and every accepted report settles (F-11)', () => {
    fc.assert(
      fc.property(moves(60), begin, (list, from) => {
        const world = run(list, from)
        let steps = 0
        for (; steps < 100 && !world.isOnline; steps += 1) world.heals()
        expect(world.isOnline).toBe(true)
        for (; steps < 600 && world.promises.pending.length > 0; steps += 1) world.heals()
        expect(world.promises.pending).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
