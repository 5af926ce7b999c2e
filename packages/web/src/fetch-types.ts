/** What is asked of `fetch` beside the address. Nothing of a browser's state goes along, and no redirect is followed. */
export interface FetchInit {
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
  readonly redirect: 'manual'
  readonly credentials: 'omit'
  readonly cache: 'no-store'
  readonly referrerPolicy: 'no-referrer'
  /** An `AbortSignal`; `never` lets every platform's own type of it fit. */
  readonly signal: never
}

/** What is read of an answer. */
export interface FetchAnswer {
  readonly status: number
  readonly type: string
  readonly headers: { get(name: string): string | null }
  readonly body: ByteReadable | null
}

/** A stream of bytes to read: any platform's `ReadableStream`. */
export interface ByteReadable {
  getReader(): ByteReader
}

/** The reader of such a stream. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(reason?: unknown): Promise<unknown>
}

/** The part of `fetch` that a caller uses; any platform's own fits. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchAnswer>
