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
import { web } from './globals.ts'
import { createInbox } from './inbox.ts'
import { unusableLink } from './unusable-link.ts'
import { listen, type WebSocketConstructor, type WebSocketLike } from './web-socket.ts'

/** What a link over WebSocket is made of. */
export interface WebSocketLinkOptions {
  /**
   * The `wss:` address of the broker that the catalog names as `mqtts:`. The catalog does not say it, and nothing is guessed
   * (CAT-2): the embedder says it. An address that is not `wss:` makes the link `unusable` (AUTH-1).
   */
  readonly address: (broker: BrokerAddress) => string
  /** Default: the platform's own. Node 20 has none: there it is that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor
  /** Default {@link webClock}. */
  readonly clock?: Clock
}

/** MQTT 5 section 6: the name of the subprotocol. */
const SUBPROTOCOL = 'mqtt'
/** How soon `bufferedAmount`, which has no event, is looked at again. */
const LOOK_AGAIN_MS = 20
const NORMAL_CLOSURE = 1000
const ABNORMAL_CLOSURE = 1006
const TLS_FAILURE = 1015

/**
 * Links over WebSocket, as MQTT 5 section 6 has them: binary frames only, subprotocol `mqtt`, packets cut into frames
 * anyhow. The platform verifies the server (CONN-1); a browser does not tell why it did not like one, so that the cause is
 * `network` there and `tls` where the platform says it.
 *
 * A WebSocket cannot be told to wait. While more than `LINK_HIGH_WATER_BYTES` wait to leave, what comes is kept, and what is
 * more than 1 MiB ends the link (CORE-5).
 *
 * @throws {ConfigError} field `address`, where it is no function; field `WebSocket`, where there is none
 */
export function webSocketLink(options: WebSocketLinkOptions): OpenLink {
  const { address, WebSocket = web.WebSocket, clock = webClock } = options
  if (typeof address !== 'function') throw new ConfigError('address', 'address is not a function.')
  if (typeof WebSocket !== 'function')
    throw new ConfigError('WebSocket', 'This platform has no WebSocket: give one as the option WebSocket.')
  return ({ url, timeoutMs }, events) => {
    const broker = readBrokerAddress(url)
    if (broker === null) return unusableLink(events, 'the address of the broker is not mqtts://host:port')
    const socket = startToOpen(WebSocket, () => address(broker))
    if (typeof socket === 'string') return unusableLink(events, socket)
    return joinSocket(socket, { clock, timeoutMs, events })
  }
}

/** The WebSocket on its way, or why there is none. */
function startToOpen(WebSocket: WebSocketConstructor, address: () => string): WebSocketLike | string {
  try {
    const url = address()
    if (typeof url !== 'string' || !/^wss:\/\/[^\s/?#@]+([/?][^\s#]*)?$/i.test(url))
      return 'the address for the WebSocket is not wss://host:port/path'
    return new WebSocket(url, SUBPROTOCOL)
  } catch (error) {
    return `no WebSocket can be made: ${failureOf(error).detail}`
  }
}

function joinSocket(
  socket: WebSocketLike,
  parts: { readonly clock: Clock; readonly timeoutMs: number; readonly events: LinkEvents },
): Link {
  const { clock, timeoutMs, events } = parts
  const inbox = createInbox()
  let phase: 'opening' | 'open' | 'closing' | 'over' = 'opening'
  let fault: unknown = null
  const stopWaiting = clock.setTimer(timeoutMs, () => end('timeout', `not open within ${timeoutMs} ms`))
  let stopLooking: (() => void) | null = null
  const isOver = (): boolean => phase === 'over'
  const mayTell = (): boolean => phase === 'open' && socket.bufferedAmount <= LINK_HIGH_WATER_BYTES

  function end(cause: LinkCloseCause, detail: string): void {
    if (isOver()) return
    destroy()
    events.onClosed(cause, detail)
  }

  function destroy(): void {
    if (isOver()) return
    phase = 'over'
    stopWaiting()
    stopLooking?.()
    // The listeners stay, and are deaf now: `ws` gives an error that nobody hears to the whole process.
    if (socket.terminate === undefined) socket.close()
    else socket.terminate()
  }

  function receive(bytes: Uint8Array): void {
    if (inbox.isEmpty && mayTell()) return events.onBytes(bytes)
    if (!inbox.keep(bytes)) return end('network', 'the server sends, and takes nothing of what we send')
    lookAgain()
  }

  function lookAgain(): void {
    stopLooking ??= clock.setTimer(LOOK_AGAIN_MS, () => {
      stopLooking = null
      tellKept(mayTell)
      if (phase === 'open' && !inbox.isEmpty) lookAgain()
    })
  }

  function tellKept(may: () => boolean): void {
    while (may()) {
      const bytes = inbox.take()
      if (bytes === null) return
      events.onBytes(bytes)
    }
  }

  socket.binaryType = 'arraybuffer'
  listen(socket, 'open', () => {
    if (phase !== 'opening') return
    if (socket.protocol !== SUBPROTOCOL)
      return end('network', 'the server did not agree to the subprotocol mqtt (MQTT 5 section 6)')
    phase = 'open'
    stopWaiting()
    events.onOpen()
  })
  listen(socket, 'message', ({ data }) => {
    if (phase !== 'open') return
    if (data instanceof ArrayBuffer) receive(new Uint8Array(data))
    else end('network', 'the server sent a frame that is not binary (MQTT 5 section 6)')
  })
  listen(socket, 'error', ({ error, message }) => {
    fault = error ?? { message }
  })
  listen(socket, 'close', ({ code }) => {
    if (phase === 'closing') end('client', 'we closed the connection')
    else if (phase === 'opening') notOpened(code)
    else if (code === ABNORMAL_CLOSURE) end('network', `the connection broke (${failureOf(fault).detail})`)
    else endedByServer(code)
  })

  function endedByServer(code: number): void {
    // Nothing waits to leave any more, so that what was kept comes before the end.
    tellKept(() => phase === 'open')
    end('server', `the server closed the connection with code ${code}`)
  }

  function notOpened(code: number): void {
    const { kind, detail } = failureOf(fault)
    end(code === TLS_FAILURE ? 'tls' : kind, `no WebSocket connection (code ${code}): ${detail}`)
  }

  return {
    send(bytes) {
      if (phase !== 'open') return
      try {
        socket.send(bytes as never)
      } catch (error) {
        // Cloudflare's throws where the peer has begun to close. No call of a link does, nor does it tell from inside.
        void Promise.resolve().then(() => end('network', failureOf(error).detail))
      }
    },
    close() {
      if (phase !== 'opening' && phase !== 'open') return
      phase = 'closing'
      stopWaiting()
      socket.close(NORMAL_CLOSURE)
    },
    destroy,
  }
}
