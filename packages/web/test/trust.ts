import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { Agent, fetch } from 'undici'
import WebSocket from 'ws'
import type { ConnectStreams, FetchLike, WebSocketConstructor } from '../src/index.ts'

/** The platform's parts on Node, trusting one authority: what the sessions on other engines do in their own way. */

/** `node:tls` as Web Streams. */
export function connectStreams(caPem: string): ConnectStreams {
  return ({ hostname, port }) => {
    const socket = connect({ host: hostname, port, ca: caPem })
    socket.setNoDelay()
    const opened = new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    return { ...Duplex.toWeb(socket), opened }
  }
}

/** Node's own `fetch`, which is that of undici. */
export function trustingFetch(caPem: string): FetchLike {
  const dispatcher = new Agent({ connect: { ca: caPem } })
  return (url, init) => fetch(url, { ...init, dispatcher })
}

/** The WebSocket of the package `ws`. */
export function trustingWebSocket(caPem: string): WebSocketConstructor {
  return class extends WebSocket {
    constructor(address: string, protocol: string) {
      super(address, protocol, { ca: caPem })
    }
  }
}
