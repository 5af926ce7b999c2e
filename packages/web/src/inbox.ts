/** Messages that came while the link may not tell of any, in their order. */
export interface Inbox {
  readonly isEmpty: boolean
  /** Keeps a message; false where there is no room for it (CORE-5). */
  keep(bytes: Uint8Array): boolean
  /** The oldest message, which is kept no longer; null where there is none. */
  take(): Uint8Array | null
}

/** How many bytes are kept: 1 MiB. */
export const LARGEST_INBOX_BYTES = 1_048_576

/** What a message takes beside its bytes: without it, a peer could fill our memory with empty ones. */
const MESSAGE_BYTES = 128

export function createInbox(): Inbox {
  const messages: Uint8Array[] = []
  let keptBytes = 0
  return {
    get isEmpty() {
      return messages.length === 0
    },
    keep(bytes) {
      const size = bytes.byteLength + MESSAGE_BYTES
      if (keptBytes + size > LARGEST_INBOX_BYTES) return false
      keptBytes += size
      messages.push(bytes)
      return true
    },
    take() {
      const bytes = messages.shift()
      if (bytes === undefined) return null
      keptBytes -= bytes.byteLength + MESSAGE_BYTES
      return bytes
    },
  }
}
