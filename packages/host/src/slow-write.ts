import type { Clock } from './platform.ts'
import { StoreError } from './store.ts'

/** How long a store may take for one write, in ms; then nobody knows what became of it. */
export const STORE_WRITE_LIMIT_MS = 10_000

/** A write of which nothing was heard in time: it may be kept, or not, or later. */
export class UnsettledWrite extends StoreError {
  constructor() {
    super('failed', '', `The store has not answered within ${STORE_WRITE_LIMIT_MS} ms.`)
  }
}

/** The end of a write, or {@link UnsettledWrite}: a store that does not answer parks nothing for ever (F-11, STOP-1). */
export function withinLimit(written: Promise<void>, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(STORE_WRITE_LIMIT_MS, () => reject(new UnsettledWrite()))
    written.then(resolve, reject).finally(cancel)
  })
}
