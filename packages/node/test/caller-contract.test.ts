import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import {
  type CallerSetup,
  callerCasesLeftOut,
  callerContract,
  type ListenForRequests,
} from '@realer-device/contract'
import { describe, expect, test } from 'vitest'
import { nodeCaller } from '../src/caller.ts'
import { readTrust } from '../src/trust.ts'
import { createAuthority } from './authority.ts'
import { closedPort } from './servers.ts'

const authority = await createAuthority()

/** Listens on loopback with a server that is about to be; requests come where it speaks HTTPS. */
function listenOn(createServer: () => Server | ReturnType<typeof createTcpServer>): ListenForRequests {
  return async (accept) => {
    const server = createServer()
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
    server.on('request', async (request, response) => {
      const body: Buffer[] = []
      for await (const chunk of request) body.push(chunk)
      const { method, url: path, headers } = request
      const events = accept(
        { method, path, headers, body: Buffer.concat(body) },
        {
          head: (status, given) => void response.writeHead(status, given).flushHeaders(),
          write: (bytes) => void response.write(bytes),
          end: () => void response.end(),
          cut: () => void request.socket.destroy(),
        },
      )
      response.on('close', () => events.onGone())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      connections: () => sockets.size,
      stop() {
        for (const socket of sockets) socket.destroy()
        server.close()
      },
    }
  }
}

const listenTls = (identity: { key: string; cert: string }) => listenOn(() => createServer(identity))

describe("Node's HTTPS caller keeps the contract (AUTH-1, CORE-5, CRED-3)", async () => {
  const setup: CallerSetup = {
    caller: nodeCaller(readTrust(authority.caPem)),
    listen: listenTls(await authority.issue()),
    listenUntrusted: listenTls(await (await createAuthority()).issue()),
    listenAsAnother: listenTls(await authority.issue({ address: '127.0.0.2' })),
    listenWithoutTls: listenOn(() =>
      createTcpServer((socket) => void socket.end('220 mail.example ready\r\n')),
    ),
    listenSilently: listenOn(() => createTcpServer()),
    closedAddress: async () => `https://127.0.0.1:${await closedPort()}`,
  }
  for (const { name, run } of callerContract(setup)) test(name, run)

  test('and no case of the kit is left out', () => {
    expect(callerCasesLeftOut(setup)).toEqual([])
  })
})
