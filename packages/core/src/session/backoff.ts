import type { Timing } from '../config.ts'

/**
 * The wait before attempt number `failures` + 1: a random point between the floor and an exponentially growing
 * ceiling (full jitter above the floor), never over the cap (REC-2).
 *
 * @param failures how many attempts failed in a row, at least 1
 * @param random in [0,1)
 */
export function backoffMs(timing: Timing, failures: number, random: number): number {
  const doublings = Math.min(Math.max(failures, 1), 30)
  const ceiling = Math.min(timing.backoffCapMs, timing.backoffFloorMs * 2 ** doublings)
  return Math.ceil(timing.backoffFloorMs + random * Math.max(0, ceiling - timing.backoffFloorMs))
}
