import type { Effect } from '@realer-device/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Beginning, beginning, judgedRun, moves } from './support/campaign.ts'
import { type Move, stop } from './support/moves.ts'
import type { World } from './support/world.ts'

// A longer run: REALER_RANDOM_EVENTS=10000000 npx vitest run packages/reference-model/test/random.test.ts
// The same one again: REALER_RANDOM_SEED=<the seed that is printed>. The failing run as a file: REALER_KEEP_RUN=<name>
const wanted = Number(process.env.REALER_RANDOM_EVENTS ?? 100_000)
const firstSeed = Number(process.env.REALER_RANDOM_SEED ?? 20_261_125)
const TIMEOUT_MS = 300_000 + wanted * 5
/** Runs of one batch; each batch has a seed of its own, counted up from the first. */
const runsOfBatch = 100

/** What at least some of the runs must have come to: others would prove nothing. */
const mustHappen: readonly Effect['type'][] = [
  'announceOnline',
  'announceOffline',
  'mqttPublish',
  'mqttDisconnect',
  'mqttAbort',
  'settleReport',
  'refuseReport',
  'startCommand',
  'readValue',
  'cancelCommand',
  'readRouteValue',
  'settleCommand',
  'enterSafe',
  'leaveSafe',
  'cancelCall',
]

/** Runs batches until their events are as many as wanted; the seed of a batch stands in its failure. */
function campaign(events: number, make: fc.Arbitrary<[Beginning, Move[]]>, ends?: (world: World) => void) {
  let done = 0
  const seen = new Map<string, number>()
  for (let batch = 0; done < events; batch += 1)
    fc.assert(
      fc.property(make, ([from, list]) => {
        const world = judgedRun({ beginning: from, moves: list }, ends)
        done += world.lines.length
        for (const type of world.seen.keys()) seen.set(type, (seen.get(type) ?? 0) + 1)
      }),
      { numRuns: runsOfBatch, seed: firstSeed + batch, endOnFailure: false },
    )
  return { done, seen }
}

const share = (part: number) => Math.ceil(wanted * part)

describe(`machine and reference model, side by side (REALER_RANDOM_SEED=${firstSeed})`, () => {
  it('whatever cloud and host do, well, badly, late, twice, never or against all rules', {
    timeout: TIMEOUT_MS,
  }, () => {
    const { done, seen } = campaign(share(0.7), fc.tuple(beginning, moves(100)))
    expect(done).toBeGreaterThanOrEqual(share(0.7))
    for (const type of mustHappen) expect(seen.get(type) ?? 0, type).toBeGreaterThan(5)
  })

  it('STOP-1 a stop at any moment starts nothing new, and ends', { timeout: TIMEOUT_MS }, () => {
    const make = fc
      .tuple(beginning, moves(40), stop, moves(20))
      .map(([from, before, asked, after]): [Beginning, Move[]] => [
        from,
        [...before, asked, ...staying(after)],
      ])
    const { done, seen } = campaign(share(0.1), make, (world) => {
      for (let n = 0; n < 20 && !world.hasStopped; n += 1) world.heals()
      expect(world.hasStopped).toBe(true)
      expect(world.model.hasStopped()).toBe(true)
    })
    expect(done).toBeGreaterThanOrEqual(share(0.1))
    expect(seen.get('announceStopped') ?? 0).toBeGreaterThan(5)
  })

  it('CORE-7 after any run, a well-behaved cloud leads back to online, and every report settles', {
    timeout: TIMEOUT_MS,
  }, () => {
    const { done } = campaign(share(0.2), fc.tuple(beginning, moves(60)), (world) => {
      let steps = 0
      for (; steps < 200 && !world.isOnline; steps += 1) world.heals()
      expect(world.isOnline, 'online again').toBe(true)
      for (; steps < 1_000 && world.model.pending().length > 0; steps += 1) world.heals()
      expect(world.model.pending()).toEqual([])
    })
    expect(done).toBeGreaterThanOrEqual(share(0.2))
  })
})

/** A device that was told to stop is not started again. */
function staying(list: readonly Move[]): Move[] {
  return list.filter(({ do: kind }) => kind !== 'deviceRestarts')
}
