import { createServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { type CallerSetup, callerCasesLeftOut, callerContract } from '@realer-device/contract'
import { describe, expect, test } from 'vitest'
import { nodeCaller } from '../src/caller.ts'
import { readTrust } from '../src/trust.ts'
import { createAuthority } from './authority.ts'
import { listenForRequests } from './listen-for-requests.ts'
import { closedPort } from './servers.ts'

const authority = await createAuthority()

const listenTls = (identity: { key: string; cert: string }) => listenForRequests(() => createServer(identity))

describe("Node's HTTPS caller keeps the contract (AUTH-1, CORE-5, CRED-3)", async () => {
  const setup: CallerSetup = {
    caller: nodeCaller(readTrust(authority.caPem)),
    listen: listenTls(await authority.issue()),
    listenUntrusted: listenTls(await (await createAuthority()).issue()),
    listenAsAnother: listenTls(await authority.issue({ address: '127.0.0.2' })),
    listenWithoutTls: listenForRequests(() =>
      createTcpServer((socket) => void socket.end('220 mail.example ready\r\n')),
    ),
    listenSilently: listenForRequests(() => createTcpServer()),
    closedAddress: async () => `https://127.0.0.1:${await closedPort()}`,
  }
  for (const { name, run } of callerContract(setup)) test(name, run)

  test('and no case of the kit is left out', () => {
    expect(callerCasesLeftOut(setup)).toEqual([])
  })
})
