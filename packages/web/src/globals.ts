import type { FetchLike } from './fetch-types.ts'
import type { WebSocketConstructor } from './web-socket.ts'

/**
 * What this package uses of a platform's globals, and no more: so it needs no lib "dom", and is compiled beside the types of
 * any platform. They are looked up when they are used, so that importing the package touches nothing.
 */
interface WebGlobals {
  readonly performance: { now(): number }
  readonly setTimeout: (fire: () => void, delayMs: number) => unknown
  readonly clearTimeout: (timer: unknown) => void
  readonly crypto: { randomUUID(): string }
  readonly AbortController: new () => { readonly signal: never; abort(): void }
  readonly TextDecoder: new (
    label: string,
    options: { fatal: boolean },
  ) => { decode(bytes: Uint8Array): string }
  readonly URL: new (url: string) => { readonly username: string; readonly password: string }
  readonly fetch?: FetchLike
  readonly WebSocket?: WebSocketConstructor
}

/** The platform's globals. */
export const web = globalThis as unknown as WebGlobals
