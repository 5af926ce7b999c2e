import type { World } from './world.ts'

/** How the world is disposed: it decides how often things go wrong, and lasts for some dozens of moves. */
export type Mood = 'well' | 'mixed' | 'ill'

/** One thing that can happen. */
export interface Move {
  /** How likely it is at this moment; 0 where it cannot happen. A whole number. */
  readonly weight: number
  readonly value: (world: World, mood: Mood) => void
}

/** How often things go wrong: once in so many times. */
export const wrongOnceIn = { well: 40, mixed: 5, ill: 2 } as const
