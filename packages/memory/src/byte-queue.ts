/** Bytes in order: put in pieces, taken in others. */
export interface ByteQueue {
  readonly length: number
  put(bytes: Uint8Array): void
  /** Takes so many bytes; there must be as many. */
  take(length: number): Uint8Array
  clear(): void
}

/** An empty queue. What is put in must not change; what is taken out may be a view of it. */
export function createByteQueue(): ByteQueue {
  const pieces: Uint8Array[] = []
  let length = 0
  return {
    get length() {
      return length
    },
    put(bytes) {
      if (bytes.length > 0) pieces.push(bytes)
      length += bytes.length
    },
    take(wanted) {
      const taken = new Uint8Array(wanted)
      for (let at = 0; at < wanted; ) {
        const piece = pieces.shift() ?? new Uint8Array(0)
        const part = piece.subarray(0, wanted - at)
        if (part.length < piece.length) pieces.unshift(piece.subarray(part.length))
        taken.set(part, at)
        at += part.length
      }
      length -= wanted
      return taken
    },
    clear() {
      pieces.length = 0
      length = 0
    },
  }
}
