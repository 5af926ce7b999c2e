import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import {
  type LinkPeer,
  type LinkSetup,
  type ListenForLinks,
  linkCasesLeftOut,
  linkContract,
} from '@realer-device/contract'
import { describe, expect, test } from 'vitest'
import { nodeLink } from '../src/tls-link.ts'
import { readTrust } from '../src/trust.ts'
import { createAuthority } from './authority.ts'
import { closedPort } from './servers.ts'

const authority = await createAuthority()
const identity = await authority.issue()
const unknown = await (await createAuthority()).issue()
const another = await authority.issue({ address: '127.0.0.2' })

/** Listens on loopback. `opened` is the server's event for a connection on which bytes can be exchanged. */
function listenOn(createServer: () => Server, scheme: string, opened: string): ListenForLinks {
  return async (accept) => {
    const server = createServer()
    // The TCP connections below TLS, by the ports they come from: TLS itself has no reset.
    const below = new Map<number, Socket>()
    let connections = 0
    server.on('connection', (socket: Socket) => {
      connections += 1
      below.set(
        socket.remotePort ?? 0,
        socket.on('error', () => {}),
      )
    })
    if (opened !== '')
      server.on(opened, (socket: Socket) => {
        const events = accept(peerOf(socket, below.get(socket.remotePort ?? 0) ?? socket))
        socket.on('error', () => {})
        socket.on('data', (bytes: Uint8Array) => events.onBytes(bytes))
        socket.on('close', () => events.onOver())
      })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
      connections: () => connections,
      stop() {
        for (const socket of below.values()) socket.destroy()
        server.close()
      },
    }
  }
}

function peerOf(socket: Socket, below: Socket): LinkPeer {
  return {
    send: (bytes) => void socket.write(bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    reset: () => void below.resetAndDestroy(),
  }
}

const listenTls = (given: { key: string; cert: string }) =>
  listenOn(() => createTlsServer(given), 'mqtts', 'secureConnection')

describe('the TLS link keeps the contract (CONN-1, CONN-3, AUTH-1)', () => {
  const setup: LinkSetup = {
    openLink: nodeLink(readTrust(authority.caPem)),
    listen: listenTls(identity),
    listenUntrusted: listenTls(unknown),
    listenAsAnother: listenTls(another),
    listenWithoutTls: listenOn(
      () => createTcpServer((socket) => void socket.end('220 mail.example ready\r\n')),
      'mqtts',
      'connection',
    ),
    listenSilently: listenOn(() => createTcpServer(), 'mqtts', ''),
    closedAddress: async () => `mqtts://127.0.0.1:${await closedPort()}`,
  }
  for (const { name, run } of linkContract(setup)) test(name, run)

  test('and no case of the kit is left out', () => {
    expect(linkCasesLeftOut(setup)).toEqual([])
  })
})
