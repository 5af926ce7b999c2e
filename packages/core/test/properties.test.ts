import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Move, move, stop, World } from './support/world.ts'

const moves = (maxLength: number) => fc.array(move, { maxLength, size: 'max' })

function run(list: readonly Move[]): World {
  const world = new World()
  for (const each of list) world.does(each)
  return world
}

describe('F-1 F-5 F-8 F-9 F-10 F-12 F-14 REN-5 SUB-2 CONN-6 CORE-2 CORE-5 CORE-6 in every run', () => {
  it('whatever the cloud does, well, badly, late, twice or never, the promises hold after each step', () => {
    fc.assert(
      fc.property(moves(80), (list) => {
        run(list)
      }),
      { numRuns: 400 },
    )
  })

  it('STOP-1 a stop at any moment starts nothing new, and ends', () => {
    fc.assert(
      fc.property(moves(40), stop, moves(20), (before, asked, after) => {
        const world = run([...before, asked, ...after])
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
      fc.property(moves(60), (list) => {
        const world = run(list)
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
