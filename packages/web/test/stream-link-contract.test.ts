import { createServer as createTcpServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type LinkSetup, linkCasesLeftOut, linkContract } from '@realer-device/contract'
import { describe, expect, test } from 'vitest'
import { createAuthority } from '../../node/test/authority.ts'
import { listenOn } from '../../node/test/listen-on.ts'
import { closedPort } from '../../node/test/servers.ts'
import { webStreamLink } from '../src/index.ts'
import { connectStreams } from './trust.ts'

const authority = await createAuthority()
const identity = await authority.issue()
const unknown = await (await createAuthority()).issue()
const another = await authority.issue({ address: '127.0.0.2' })

const listenTls = (given: { key: string; cert: string }) =>
  listenOn(() => createTlsServer(given), 'mqtts', 'secureConnection')

describe('the link over Web Streams keeps the contract, on real TLS sockets (CONN-1, CONN-3, AUTH-1)', () => {
  const setup: LinkSetup = {
    openLink: webStreamLink({ connect: connectStreams(authority.caPem) }),
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
