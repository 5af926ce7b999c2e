import type { Socket } from 'node:net'
import {
  LINK_HIGH_WATER_BYTES,
  type Link,
  type LinkCloseCause,
  type LinkEvents,
  type LinkTarget,
} from '@realer-device/host'
import { socketFailure } from './failure.ts'
import { PublicAddressError } from './own-network.ts'

/** Makes a link of a socket that is about to connect. `openEvent` is the socket's event for being ready and verified. */
export function joinSocket(
  socket: Socket,
  openEvent: 'connect' | 'secureConnect',
  { timeoutMs }: LinkTarget,
  events: LinkEvents,
): Link {
  let phase: 'opening' | 'open' | 'closing' | 'over' = 'opening'
  let peerHasEnded = false
  const isOver = (): boolean => phase === 'over'
  const deadline = setTimeout(() => {
    const stage = socket.connecting ? 'TCP' : 'TLS'
    end('timeout', `no ${stage} connection within ${timeoutMs} ms`)
  }, timeoutMs)

  function end(cause: LinkCloseCause, detail: string): void {
    if (phase === 'over') return
    destroy()
    events.onClosed(cause, detail)
  }

  function destroy(): void {
    phase = 'over'
    clearTimeout(deadline)
    socket.destroy()
  }

  /** Reading waits for writing: a peer that sends and does not read gets no more answers than that (CORE-5). */
  function holdBack(): void {
    if (phase === 'open' && socket.writableLength > LINK_HIGH_WATER_BYTES) socket.pause()
  }

  socket.on(openEvent, () => {
    if (phase !== 'opening') return
    clearTimeout(deadline)
    // Without it, small packets that cross wait for each other: 22 ms instead of 0.9 ms were measured.
    // `tls.connect` ignores the option of that name.
    socket.setNoDelay(true)
    phase = 'open'
    events.onOpen()
  })
  socket.on('data', (bytes: Uint8Array) => {
    if (phase === 'open') events.onBytes(bytes)
  })
  socket.on('drain', () => {
    if (!isOver()) socket.resume()
  })
  socket.on('end', () => {
    peerHasEnded = true
  })
  socket.on('error', (error) => {
    // Where one side has said its last word, a connection that breaks afterwards has ended all the same.
    if (peerHasEnded && phase === 'open') return end('server', 'the server closed the connection')
    if (phase === 'closing' && socket.writableFinished) return end('client', 'we closed the connection')
    if (error instanceof PublicAddressError) return end('unusable', error.message)
    const { kind, detail } = socketFailure(error)
    end(kind, detail)
  })
  socket.on('close', () => {
    if (phase === 'closing') end('client', 'we closed the connection')
    else end(phase === 'open' ? 'server' : 'network', 'the server closed the connection')
  })

  return {
    send(bytes) {
      // After the peer's end, Node takes nothing more and would call it an error.
      if (phase !== 'open' || !socket.writable) return
      socket.write(bytes)
      holdBack()
    },
    close() {
      if (phase === 'opening') socket.destroy()
      // Its end must be heard, and what comes before that would else break the connection with the last bytes unread.
      else if (phase === 'open') socket.end().resume()
      else return
      phase = 'closing'
    },
    destroy,
  }
}

/** A link that never opens, because no link of this kind leads to such an address. Nothing is sent (AUTH-1). */
export function unusableLink(events: LinkEvents, detail: string): Link {
  let cause: LinkCloseCause | null = 'unusable'
  queueMicrotask(() => {
    const told = cause
    cause = null
    if (told !== null) events.onClosed(told, told === 'client' ? 'we closed the connection' : detail)
  })
  return {
    send() {},
    close() {
      if (cause !== null) cause = 'client'
    },
    destroy() {
      cause = null
    },
  }
}
