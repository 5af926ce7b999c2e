import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { LinkCloseCause, LinkEvents, LinkTarget, OpenLink } from '@realer-device/host'
import { socketFailure } from './failure.ts'
import type { TrustOptions } from './trust.ts'

const DEFAULT_PORT = 8883

/** TLS links over `node:tls`: certificate and host name are verified always (CONN-1). */
export function nodeLink(trust: TrustOptions): OpenLink {
  return (target, events) => {
    const address = readAddress(target.url)
    if (address === null) return refusedLink(events)
    const { host, port } = address
    const socket = connect({
      host,
      port,
      ...trust,
      // An address is verified as an address, and SNI takes names only (RFC 6066 section 3).
      ...(isIP(host) === 0 && { servername: host }),
      // Said aloud, because the environment of Node could say otherwise.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    })
    return joinSocket(socket, target, events)
  }
}

function joinSocket(socket: TLSSocket, { timeoutMs }: LinkTarget, events: LinkEvents) {
  let over = false
  let isOpen = false
  let closing = false
  const deadline = setTimeout(() => {
    const stage = socket.connecting ? 'TCP' : 'TLS'
    end('timeout', `no ${stage} connection within ${timeoutMs} ms`)
  }, timeoutMs)

  function end(cause: LinkCloseCause, detail: string): void {
    if (over) return
    destroy()
    events.onClosed(cause, detail)
  }

  function destroy(): void {
    over = true
    clearTimeout(deadline)
    socket.destroy()
  }

  socket.on('secureConnect', () => {
    if (over) return
    clearTimeout(deadline)
    // Without it, small packets that cross wait for each other: 22 ms instead of 0.9 ms were measured.
    // `tls.connect` ignores the option of that name.
    socket.setNoDelay(true)
    isOpen = true
    events.onOpen()
  })
  socket.on('data', (bytes: Uint8Array) => {
    if (!over) events.onBytes(bytes)
  })
  socket.on('error', (error) => {
    const { kind, detail } = socketFailure(error)
    end(kind, detail)
  })
  socket.on('close', () => {
    if (closing) end('client', 'we closed the connection')
    else end(isOpen ? 'server' : 'network', 'the server closed the connection')
  })

  return {
    send(bytes: Uint8Array) {
      if (!over) socket.write(bytes)
    },
    close() {
      if (over) return
      closing = true
      if (isOpen) socket.end()
      else socket.destroy()
    },
    destroy,
  }
}

/** A link that never opens: its address is not `mqtts:`, and no byte is sent (AUTH-1). */
function refusedLink(events: LinkEvents) {
  let over = false
  queueMicrotask(() => {
    if (over) return
    over = true
    events.onClosed('network', 'the address of the broker is not mqtts://host or mqtts://host:port')
  })
  const destroy = () => {
    over = true
  }
  return { send() {}, close() {}, destroy }
}

/** Host and port of `mqtts://host`, `mqtts://host:port` or the same with a bracketed IPv6 address. */
export function readAddress(url: string): { readonly host: string; readonly port: number } | null {
  const match = /^mqtts:\/\/(?:\[([0-9a-f:.]+)\]|([^\s/:@?#[\]]+))(?::(\d{1,5}))?\/?$/i.exec(url)
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3])
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port }
}
