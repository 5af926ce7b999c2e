import type { Clock } from '@realer-device/host'
import { web } from './globals.ts'

/**
 * The clock of the Web platform: `performance.now()`, which never goes back, and `setTimeout`. A page in the background is
 * given its timers late, and a machine that sleeps stops them; the host looks at the time again, and fires what is overdue.
 */
export const webClock: Clock = {
  now: () => web.performance.now(),
  setTimer(delayMs, fire) {
    const timer = web.setTimeout(fire, delayMs)
    return () => web.clearTimeout(timer)
  },
}
