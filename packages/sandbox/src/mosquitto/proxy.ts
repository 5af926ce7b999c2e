import { connect, createServer, type Socket } from 'node:net'
import type { FaultBook } from '../faults.ts'
import type { WritableLedger } from '../ledger.ts'
import { closeServer, listenOnLoopback } from '../tcp.ts'

/** A TCP relay in front of Mosquitto: TLS passes through untouched, and connections can be reset. */
export interface Proxy {
  readonly port: number
  resetAll(): void
  close(): Promise<void>
}

/** Starts the relay on 127.0.0.1. It carries out the `drop` and `hang` faults of `connect`, below TLS. */
export async function startProxy(parts: {
  port: number
  /** The option that the port is of. */
  field: string
  brokerPort: number
  ledger: WritableLedger
  faults: FaultBook
}): Promise<Proxy> {
  const { ledger, faults } = parts
  const clients = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    clients.add(client)
    client.on('error', () => {})
    client.once('close', () => clients.delete(client))
    const fault = faults.take('connect', (order) => 'do' in order)
    if (fault === undefined || !('do' in fault)) {
      relay(client, parts.brokerPort)
      return
    }
    const outcome = fault.do === 'drop' ? 'dropped' : 'hung'
    ledger.write({
      kind: 'connect',
      outcome,
      reasonCode: null,
      clientId: null,
      username: null,
      refusal: 'fault',
    })
    if (fault.do === 'drop') client.resetAndDestroy()
    else {
      client.resume()
      client.once(
        'close',
        faults.onClear(() => client.resetAndDestroy()),
      )
    }
  })
  const port = await listenOnLoopback(server, parts.port, parts.field)
  const resetAll = (): void => {
    for (const client of [...clients]) client.resetAndDestroy()
  }
  return {
    port,
    resetAll,
    close() {
      resetAll()
      return closeServer(server)
    },
  }
}

function relay(client: Socket, brokerPort: number): void {
  const upstream = connect({ host: '127.0.0.1', port: brokerPort, noDelay: true })
  upstream.on('error', () => client.destroy())
  client.pipe(upstream)
  upstream.pipe(client)
  client.once('close', () => upstream.destroy())
  upstream.once('close', () => client.destroySoon())
}
