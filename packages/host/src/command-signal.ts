import type { CommandSignal } from './command-handler.ts'

/** A signal and the means to abort it. */
export interface Abortable {
  readonly signal: CommandSignal
  /** Calls every listener once; a second time changes nothing. */
  abort(): void
}

/** A signal that is not aborted. What a listener throws goes to `onFault`, and stops no other. */
export function createSignal(onFault: (error: unknown) => void): Abortable {
  const listeners: (() => void)[] = []
  let aborted = false
  return {
    signal: {
      get aborted() {
        return aborted
      },
      onAbort(listener) {
        if (aborted) listener()
        else listeners.push(listener)
      },
    },
    abort() {
      aborted = true
      for (const listener of listeners.splice(0)) {
        try {
          listener()
        } catch (error) {
          onFault(error)
        }
      }
    },
  }
}
