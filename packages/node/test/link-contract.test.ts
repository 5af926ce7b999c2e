import { createServer as createTcpServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type LinkSetup, linkCasesLeftOut, linkContract } from '@realer-device/contract'
import { describe, expect, test } from 'vitest'
import { nodeTcpLink } from '../src/tcp-link.ts'
import { nodeLink } from '../src/tls-link.ts'
import { readTrust } from '../src/trust.ts'
import { createAuthority } from './authority.ts'
import { listenOn } from './listen-on.ts'
import { closedPort } from './servers.ts'

const authority = await createAuthority()
const identity = await authority.issue()
const unknown = await (await createAuthority()).issue()
const another = await authority.issue({ address: '127.0.0.2' })

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

describe('the TCP link keeps the contract (AUTH-1)', () => {
  const setup: LinkSetup = {
    openLink: nodeTcpLink(),
    listen: listenOn(() => createTcpServer(), 'mqtt', 'connection'),
    schemes: ['mqtt'],
    closedAddress: async () => `mqtt://127.0.0.1:${await closedPort()}`,
  }
  for (const { name, run } of linkContract(setup)) test(name, run)

  test('and what is left out is TLS, and a handshake that could hang', () => {
    expect(linkCasesLeftOut(setup).map(({ name, why }) => `${name.split(':')[0]} ${why}`)).toEqual([
      'LINK-16 the setup does not give listenSilently',
      'LINK-17 the setup does not give listenUntrusted',
      'LINK-19 the setup does not give listenUntrusted',
      'LINK-18 the setup does not give listenAsAnother',
      'LINK-19 the setup does not give listenAsAnother',
      'LINK-17 the setup does not give listenWithoutTls',
      'LINK-19 the setup does not give listenWithoutTls',
      'LINK-11 the setup does not give listenSilently',
      'LINK-12 the setup does not give listenSilently',
    ])
  })
})
