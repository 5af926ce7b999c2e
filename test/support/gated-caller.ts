import type { Platform } from '@realer-device/host'

type Caller = Platform['caller']

/** An HTTPS caller before a gate: no call is made until the gate is opened for it. */
export interface GatedCaller {
  readonly caller: Caller
  /** Makes the call that waits, over the real caller; its outcome goes to who asked. */
  pass(): void
  /** Whether a call waits at the gate, or for its answer. */
  readonly isBusy: boolean
  /** Ends what is under way; nothing is heard of it any more. */
  end(): void
}

/** A gate before a caller. A device makes one call at a time, and so only one can wait. */
export function gateCaller(real: Caller): GatedCaller {
  let held: (() => void) | null = null
  let endReal: () => void = () => {}
  let isBusy = false

  function end(): void {
    held = null
    isBusy = false
    endReal()
  }

  return {
    caller(request, finished) {
      if (held !== null) throw new Error('the device makes two calls at once')
      isBusy = true
      held = () => {
        endReal = real(request, (outcome) => {
          isBusy = false
          finished(outcome)
        })
      }
      return end
    },
    pass() {
      if (held === null) throw new Error('no call waits at the gate')
      const make = held
      held = null
      make()
    },
    get isBusy() {
      return isBusy
    },
    end,
  }
}
