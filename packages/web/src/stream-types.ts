import type { BrokerAddress } from './broker-address.ts'
import type { ByteReadable } from './fetch-types.ts'

/** A stream of bytes to write: any platform's `WritableStream`. */
export interface ByteWritable {
  getWriter(): ByteWriter
}

/** The writer of such a stream. */
export interface ByteWriter {
  /** Resolves when the bytes have left; a link waits with reading while many have not. */
  write(bytes: Uint8Array): Promise<unknown>
  close(): Promise<unknown>
  abort(reason?: unknown): Promise<unknown>
}

/** A TLS connection as Web Streams: that of Deno, of Cloudflare's `connect()`, or of Node's `Duplex.toWeb`. */
export interface ByteStreams {
  readonly readable: ByteReadable
  readonly writable: ByteWritable
  /** Resolves when the server is verified, where that is after the streams are there. Default: they are open as given. */
  readonly opened?: Promise<unknown> | undefined
  /** Rejects where the connection broke. When it resolves, nothing is done: the streams say it too, and in order. */
  readonly closed?: Promise<unknown> | undefined
  /** Lets the connection go. Called last, and maybe when it is over. */
  close?(): unknown
}

/**
 * Opens a TLS connection. It MUST have verified the server's certificate and name (CONN-1) when it resolves, or else when
 * `opened` does. What it throws or rejects with is told by the link.
 */
export type ConnectStreams = (address: BrokerAddress) => Promise<ByteStreams> | ByteStreams
