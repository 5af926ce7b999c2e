import { TLSSocket } from 'node:tls'
import type { Link, LinkCloseCause } from '@realer-device/host'
import { beforeAll, expect, test, vi } from 'vitest'
import { nodeLink } from '../src/tls-link.ts'
import { readTrust } from '../src/trust.ts'
import { type Authority, createAuthority } from './authority.ts'
import { closedPort, startTcp, startTls } from './servers.ts'

let authority: Authority
let identity: { key: string; cert: string }
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
})

interface Recorded {
  readonly link: Link
  readonly opened: Promise<void>
  readonly closed: Promise<{ cause: LinkCloseCause; detail: string }>
}

function open(port: number, timeoutMs = 30_000): Recorded {
  let onOpen = () => {}
  let onClosed = (_end: { cause: LinkCloseCause; detail: string }) => {}
  const opened = new Promise<void>((resolve) => {
    onOpen = resolve
  })
  const closed = new Promise<{ cause: LinkCloseCause; detail: string }>((resolve) => {
    onClosed = resolve
  })
  const link = nodeLink(readTrust(authority.caPem))(
    { url: `mqtts://127.0.0.1:${port}`, timeoutMs },
    {
      onOpen: () => onOpen(),
      onBytes() {},
      onClosed: (cause, detail) => onClosed({ cause, detail }),
    },
  )
  return { link, opened, closed }
}

test('setNoDelay is set on the open socket: small packets that cross do not wait for each other', async () => {
  const port = await startTls(identity)
  const { link, opened } = open(port)
  await opened
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
  const socket = handles.find(
    (handle): handle is TLSSocket => handle instanceof TLSSocket && handle.remotePort === port,
  )
  if (socket === undefined) throw new Error('the socket of the link was not found')
  const noDelay = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'kSetNoDelay',
  )
  expect(noDelay).toBeDefined()
  expect(Reflect.get(socket, noDelay ?? '')).toBe(true)
  link.destroy()
})

test.each([
  [
    'an authority that is not trusted',
    async () => (await createAuthority()).issue(),
    /UNABLE_TO|SELF_SIGNED|SIGNATURE/,
  ],
  ['a certificate that has expired', () => authority.issue({ expired: true }), /CERT_HAS_EXPIRED/],
  [
    'a certificate of another address',
    () => authority.issue({ address: '127.0.0.2' }),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  ],
])('CONN-1: %s is not connected to, and the detail says why', async (_what, makeIdentity, code) => {
  const port = await startTls(await makeIdentity())
  const { cause, detail } = await open(port).closed
  expect(cause).toBe('tls')
  expect(detail).toMatch(code)
  expect(detail).toContain("the server's certificate was not accepted")
})

test('CONN-1: the environment cannot turn the verification off', async () => {
  const port = await startTls(await (await createAuthority()).issue())
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    expect(await open(port).closed).toMatchObject({ cause: 'tls' })
  } finally {
    vi.unstubAllEnvs()
  }
})

test('a server that speaks no TLS is told as a TLS failure', async () => {
  const port = await startTcp((socket) => socket.end('220 mail.example ready\r\n'))
  const { cause, detail } = await open(port).closed
  expect(cause).toBe('tls')
  expect(detail).toContain('the TLS handshake failed')
})

test('a port on which nothing listens is told as a network failure', async () => {
  const { cause, detail } = await open(await closedPort()).closed
  expect(cause).toBe('network')
  expect(detail).toContain('ECONNREFUSED')
})

test('the detail says which port refused, and how long a silent server was waited for (CONN-3)', async () => {
  expect((await open(await closedPort()).closed).detail).toContain('ECONNREFUSED')
  expect((await open(await startTcp(), 50).closed).detail).toContain('50 ms')
})
