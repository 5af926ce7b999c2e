import { readFileSync, readlinkSync } from 'node:fs'
import type { Clock } from '@realer-device/host'

/**
 * Node's monotonic clock and timers. A timer that runs keeps the process alive, as a device that runs should. On Linux the
 * clock is that of the system since its boot, the same for every process, and `origin` says so (DES-2, DES-12); elsewhere
 * it begins with the process.
 */
export const nodeClock: Clock = clockFrom(bootOrigin())

function clockFrom(origin: string | null): Clock {
  const parts = {
    setTimer(delayMs: number, fire: () => void) {
      const timer = setTimeout(fire, delayMs)
      return () => clearTimeout(timer)
    },
  }
  if (origin === null) return { ...parts, now: () => performance.now() }
  return { ...parts, now: () => Number(process.hrtime.bigint()) / 1e6, origin }
}

/**
 * Names the boot that CLOCK_MONOTONIC counts from, which `process.hrtime` reads, and the time namespace, which may shift it
 * (time_namespaces(7)). Null where that cannot be known.
 */
function bootOrigin(): string | null {
  if (process.platform !== 'linux') return null
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `boot ${boot} ${timeNamespace()}`
  } catch {
    return null
  }
}

/** Kernels before 5.6 have one time for all. */
function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time')
  } catch {
    return 'time'
  }
}
