import { Chance } from './chance.ts'
import type { Mood } from './move.ts'
import { movesOf } from './moves.ts'
import { World } from './world.ts'

/** Steps of a random run. */
export const stepsOfRandomRun = 1_000

/**
 * Plays one random run: a device, its host, a cloud and a broker, in moods that change, until it has made its steps.
 *
 * @param seed names the run: the same seed gives the same lines
 */
export function playRandomRun(seed: number, record: (line: unknown) => void): number {
  const chance = new Chance(seed)
  const world = new World(chance, stepsOfRandomRun, record)
  let mood: Mood = 'well'
  let moodEnds = 40
  for (let move = 0; !world.isOver; move++) {
    if (move >= moodEnds) {
      mood = chance.of(['well', 'well', 'mixed', 'mixed', 'ill'])
      moodEnds = move + 10 + chance.below(80)
    }
    chance.weighted(movesOf(world, mood))(world, mood)
  }
  world.recordState()
  return world.steps
}
