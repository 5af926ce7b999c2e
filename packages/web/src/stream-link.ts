import {
  type Clock,
  ConfigError,
  LINK_HIGH_WATER_BYTES,
  type Link,
  type LinkCloseCause,
  type LinkEvents,
  type OpenLink,
} from '@realer-device/host'
import { type BrokerAddress, readBrokerAddress } from './broker-address.ts'
import { webClock } from './clock.ts'
import { failureOf } from './failure.ts'
import type { ByteReader } from './fetch-types.ts'
import type { ByteStreams, ByteWriter, ConnectStreams } from './stream-types.ts'
import { unusableLink } from './unusable-link.ts'

/** What a link over Web Streams is made of. */
export interface WebStreamLinkOptions {
  /** Opens a connection to an address of the catalog. */
  readonly connect: ConnectStreams
  /** Default {@link webClock}. */
  readonly clock?: Clock
}

/** How long a peer may leave its half open after ours is closed and flushed. */
const LINGER_MS = 2_000

/**
 * Links over Web Streams: a TLS connection that the platform gives as `{ readable, writable }`. Only `mqtts:` addresses are
 * connected to (AUTH-1); whether the server is verified is up to `connect` (CONN-1).
 *
 * @throws {ConfigError} field `connect`, where it is no function
 */
export function webStreamLink({ connect, clock = webClock }: WebStreamLinkOptions): OpenLink {
  if (typeof connect !== 'function') throw new ConfigError('connect', 'connect is not a function.')
  return ({ url, timeoutMs }, events) => {
    const address = readBrokerAddress(url)
    if (address === null) return unusableLink(events, 'the address of the broker is not mqtts://host:port')
    return openStreams({ connect, clock, address, timeoutMs, events })
  }
}

function openStreams(parts: {
  readonly connect: ConnectStreams
  readonly clock: Clock
  readonly address: BrokerAddress
  readonly timeoutMs: number
  readonly events: LinkEvents
}): Link {
  const { connect, clock, address, timeoutMs, events } = parts
  let phase: 'opening' | 'open' | 'closing' | 'over' = 'opening'
  let streams: ByteStreams | null = null
  let reader: ByteReader | null = null
  let writer: ByteWriter | null = null
  let waitingBytes = 0
  let roomIsThere = (): void => {}
  let stopTimer = clock.setTimer(timeoutMs, () => end('timeout', `not open within ${timeoutMs} ms`))
  const isOver = (): boolean => phase === 'over'

  function end(cause: LinkCloseCause, detail: string): void {
    if (isOver()) return
    destroy()
    events.onClosed(cause, detail)
  }

  function destroy(): void {
    if (isOver()) return
    phase = 'over'
    stopTimer()
    roomIsThere()
    tearDown()
  }

  function tearDown(): void {
    quietly(() => writer?.abort())
    quietly(() => reader?.cancel())
    quietly(() => streams?.close?.())
  }

  function failed(error: unknown): void {
    if (phase === 'closing') return end('client', 'we closed the connection')
    const { kind, detail } = failureOf(error)
    // A server that was verified stays so: whatever breaks afterwards is the network's.
    end(phase === 'opening' ? kind : 'network', detail)
  }

  async function open(): Promise<void> {
    streams = await connect(address)
    reader = streams.readable.getReader()
    writer = streams.writable.getWriter()
    // Where both reject, the first one counts, and neither is left to the process as unhandled.
    for (const promise of [streams.opened, streams.closed]) promise?.catch(failed)
    if (isOver()) return tearDown()
    await streams.opened
    if (phase !== 'opening') return
    phase = 'open'
    stopTimer()
    events.onOpen()
    await readOn(reader)
  }

  async function readOn(from: ByteReader): Promise<void> {
    for (;;) {
      const { done, value } = await from.read()
      while (waitingBytes > LINK_HIGH_WATER_BYTES && phase === 'open') await room()
      if (isOver()) return
      if (done) return ended()
      // Once we close, bytes are read and dropped: left unread, they would break the connection under our last ones.
      if (phase === 'open' && value !== undefined) events.onBytes(value)
    }
  }

  function ended(): void {
    if (phase === 'closing') end('client', 'we closed the connection')
    else end('server', 'the server closed the connection')
  }

  function room(): Promise<void> {
    return new Promise((resolve) => {
      roomIsThere = resolve
    })
  }

  function left(bytes: number): void {
    waitingBytes -= bytes
    if (waitingBytes <= LINK_HIGH_WATER_BYTES) roomIsThere()
  }

  function flushed(): void {
    // The peer ends in its turn. A connection that is cut before could lose what is under way.
    if (!isOver()) stopTimer = clock.setTimer(LINGER_MS, () => end('client', 'we closed the connection'))
  }

  open().catch(failed)
  return {
    send(bytes) {
      if (phase !== 'open' || writer === null) return
      const { byteLength } = bytes
      waitingBytes += byteLength
      writer.write(bytes).then(() => left(byteLength), failed)
    },
    close() {
      if (phase === 'opening') void Promise.resolve().then(() => end('client', 'we gave up the connection'))
      if (phase === 'open') writer?.close().then(flushed, failed)
      if (isOver()) return
      phase = 'closing'
      roomIsThere()
    },
    destroy,
  }
}

/** Does what may fail, because the connection is over anyway. */
function quietly(act: () => unknown): void {
  void (async () => act())().catch(() => {})
}
