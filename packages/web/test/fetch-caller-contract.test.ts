import { createServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { type CallerSetup, callerCasesLeftOut, callerContract } from '@realer-device/contract'
import { describe, expect, test } from 'vitest'
import { createAuthority } from '../../node/test/authority.ts'
import { listenForRequests } from '../../node/test/listen-for-requests.ts'
import { closedPort } from '../../node/test/servers.ts'
import { fetchCaller } from '../src/index.ts'
import { trustingFetch } from './trust.ts'

const authority = await createAuthority()

const listenTls = (identity: { key: string; cert: string }) => listenForRequests(() => createServer(identity))

describe('the caller over fetch keeps the contract (AUTH-1, CORE-5, CRED-3)', async () => {
  const setup: CallerSetup = {
    caller: fetchCaller({ fetch: trustingFetch(authority.caPem) }),
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
