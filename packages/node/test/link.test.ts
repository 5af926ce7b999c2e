import { once } from 'node:events'
import { TLSSocket } from 'node:tls'
import type { Link, LinkCloseCause } from '@realer-device/host'
import { beforeAll, expect, test, vi } from 'vitest'
import { nodeLink, readAddress } from '../src/link.ts'
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
  readonly received: Promise<string>
  /** The events by name, in order. */
  readonly events: string[]
}

function open(port: number, { ca = authority.caPem, timeoutMs = 30_000, scheme = 'mqtts' } = {}): Recorded {
  const events: string[] = []
  let link: Link | null = null
  let onOpen = () => {}
  let onBytes = (_text: string) => {}
  let onClosed = (_end: { cause: LinkCloseCause; detail: string }) => {}
  const opened = new Promise<void>((resolve) => {
    onOpen = resolve
  })
  const received = new Promise<string>((resolve) => {
    onBytes = resolve
  })
  const closed = new Promise<{ cause: LinkCloseCause; detail: string }>((resolve) => {
    onClosed = resolve
  })
  link = nodeLink(readTrust(ca))(
    { url: `${scheme}://127.0.0.1:${port}`, timeoutMs },
    {
      onOpen() {
        events.push('open')
        onOpen()
      },
      onBytes(bytes) {
        events.push('bytes')
        onBytes(Buffer.from(bytes).toString())
      },
      onClosed(cause, detail) {
        events.push('closed')
        onClosed({ cause, detail })
      },
    },
  )
  // The contract: nothing is told from inside the call.
  expect(events).toEqual([])
  return { link, opened, received, closed, events }
}

test('a link opens, carries bytes both ways, and flushes before it closes (CONN-1)', async () => {
  const heard: string[] = []
  let serverEnded: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    serverEnded = resolve
  })
  const port = await startTls(identity, (socket) => {
    socket.on('data', (bytes: Buffer) => {
      heard.push(bytes.toString())
      if (heard.length === 1) socket.write('welcome')
    })
    socket.on('end', serverEnded)
  })
  const { link, opened, received, closed, events } = open(port)
  await opened
  link.send(Buffer.from('hello '))
  expect(await received).toBe('welcome')
  link.send(Buffer.from('good'))
  link.send(Buffer.from('bye'))
  link.close()
  await ended
  expect(heard.join('')).toBe('hello goodbye')
  expect(await closed).toMatchObject({ cause: 'client' })
  expect(events).toEqual(['open', 'bytes', 'closed'])
})

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

test('an end by the server is told as such', async () => {
  const port = await startTls(identity, (socket) => socket.end())
  expect(await open(port).closed).toMatchObject({ cause: 'server' })
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
  const { closed, events } = open(port)
  const { cause, detail } = await closed
  expect(cause).toBe('tls')
  expect(detail).toMatch(code)
  expect(detail).toContain("the server's certificate was not accepted")
  expect(events).toEqual(['closed'])
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

test('CONN-3: a server that accepts and says nothing is given up', async () => {
  const port = await startTcp()
  const { closed, events } = open(port, { timeoutMs: 50 })
  expect(await closed).toEqual({ cause: 'timeout', detail: expect.stringContaining('50 ms') })
  expect(events).toEqual(['closed'])
})

test('AUTH-1: an address that is not mqtts: is refused before a byte is sent', async () => {
  let connections = 0
  const port = await startTcp(() => {
    connections += 1
  })
  expect(await open(port, { scheme: 'mqtt' }).closed).toMatchObject({
    detail: expect.stringContaining('mqtts'),
  })
  expect(connections).toBe(0)
})

test('destroy ends the link at once, and nothing is told afterwards', async () => {
  let accepted: (socket: TLSSocket) => void = () => {}
  const acceptance = new Promise<TLSSocket>((resolve) => {
    accepted = resolve
  })
  const port = await startTls(identity, (socket) => accepted(socket))
  const { link, opened, events } = open(port)
  await opened
  const closed = once(await acceptance, 'close')
  link.destroy()
  link.destroy()
  link.send(Buffer.from('too late'))
  link.close()
  await closed
  expect(events).toEqual(['open'])
})

test('a link that is closed before it is open is over', async () => {
  const port = await startTcp()
  const { link, closed, events } = open(port)
  link.close()
  expect(await closed).toMatchObject({ cause: 'client' })
  expect(events).toEqual(['closed'])
})

test.each([
  ['mqtts://broker.example', { host: 'broker.example', port: 8883 }],
  ['mqtts://broker.example:443/', { host: 'broker.example', port: 443 }],
  ['MQTTS://127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
  ['mqtts://[::1]:8884', { host: '::1', port: 8884 }],
  ['mqtt://broker.example', null],
  ['mqtts://broker.example:0', null],
  ['mqtts://broker.example:70000', null],
  ['mqtts://user:pass@broker.example', null],
  ['mqtts://broker.example/path', null],
  ['mqtts://', null],
])('the address %s is read as %j', (url, address) => {
  expect(readAddress(url)).toEqual(address)
})
