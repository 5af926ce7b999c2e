import type { Link, LinkCloseCause, LinkTarget, OpenLink } from '@realer-device/host'
import { expect } from 'vitest'

/** How a link ended. */
export interface End {
  readonly cause: LinkCloseCause
  readonly detail: string
}

/** A link and all that it has told. */
export interface Recording {
  readonly link: Link
  /** The events by name, in order. */
  readonly events: readonly string[]
  readonly opened: Promise<void>
  readonly closed: Promise<End>
  /** Everything received so far. */
  received(): Buffer
  /** Resolves when so many bytes were received. */
  receives(bytes: number): Promise<Buffer>
}

/** Opens a link and writes down what it tells. The contract: nothing is told from inside a call. */
export function record(openLink: OpenLink, { url, timeoutMs = 30_000 }: Partial<LinkTarget>): Recording {
  const events: string[] = []
  const chunks: Buffer[] = []
  const waits = new Set<() => void>()
  const open = promise<void>()
  const close = promise<End>()
  const received = () => Buffer.concat(chunks)
  const link = openLink(
    { url: url ?? '', timeoutMs },
    {
      onOpen() {
        events.push('open')
        open.resolve()
      },
      onBytes(bytes) {
        if (events.at(-1) !== 'bytes') events.push('bytes')
        chunks.push(Buffer.from(bytes))
        for (const look of [...waits]) look()
      },
      onClosed(cause, detail) {
        events.push(`closed: ${cause}`)
        close.resolve({ cause, detail })
      },
    },
  )
  expect(events).toEqual([])
  return {
    link,
    events,
    opened: open.promise,
    closed: close.promise,
    received,
    receives: (bytes) =>
      new Promise((resolve) => {
        const look = () => {
          if (received().length < bytes) return
          waits.delete(look)
          resolve(received())
        }
        waits.add(look)
        look()
      }),
  }
}

/** A promise that is resolved from outside. */
export function promise<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve = (_value: T): void => {}
  const made = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise: made, resolve }
}
