import type { Clock } from '@realer-device/host'

/** The part of an engine's globals that the kits use. Every browser, worker, Deno, Bun and Node has it. */
interface Engine {
  setTimeout(fire: () => void, delayMs: number): unknown
  clearTimeout(timer: unknown): void
  readonly performance: { now(): number }
}

const engine = globalThis as unknown as Engine

/** The engine's own time: what a kit waits by where its setup brings no clock. */
export const engineClock: Clock = {
  now: () => engine.performance.now(),
  setTimer(delayMs, fire) {
    const timer = engine.setTimeout(fire, delayMs)
    return () => engine.clearTimeout(timer)
  },
}
