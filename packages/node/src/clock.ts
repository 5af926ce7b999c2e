import type { Clock } from '@realer-device/host'

/** Node's monotonic clock and timers. A timer that runs keeps the process alive, as a device that runs should. */
export const nodeClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}
