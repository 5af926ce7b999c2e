import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { LINK_HIGH_WATER_BYTES } from '@realer-device/host'
import { beforeAll, describe, expect, test } from 'vitest'
import { createManualClock } from '../../../test/support/manual-clock.ts'
import { type Authority, createAuthority } from '../../node/test/authority.ts'
import { closedPort, startTcp, startTls } from '../../node/test/servers.ts'
import { type ByteStreams, webStreamLink } from '../src/index.ts'
import { promise, record } from './recorder.ts'
import { connectStreams } from './trust.ts'

let authority: Authority
let identity: { key: string; cert: string }
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
})

function open(port: number, timeoutMs = 30_000) {
  const link = webStreamLink({ connect: connectStreams(authority.caPem) })
  return record(link, { url: `mqtts://127.0.0.1:${port}`, timeoutMs })
}

describe('over real TLS sockets', () => {
  test('CONN-1: a link opens, carries bytes both ways, and flushes before it closes', async () => {
    const heard: Buffer[] = []
    const serverEnded = promise<void>()
    const port = await startTls(identity, (socket) => {
      socket.on('data', (bytes: Buffer) => {
        if (heard.push(bytes) === 1) socket.write('welcome')
      })
      socket.on('end', serverEnded.resolve)
    })
    const { link, opened, receives, closed, events } = open(port)
    await opened
    link.send(Buffer.from('hello'))
    expect((await receives(7)).toString()).toBe('welcome')
    const much = Buffer.alloc(1_000_000, 'x')
    link.send(much)
    link.send(Buffer.from('goodbye'))
    link.close()
    link.close()
    await serverEnded.promise
    expect(
      Buffer.concat(heard).equals(Buffer.concat([Buffer.from('hello'), much, Buffer.from('goodbye')])),
    ).toBe(true)
    expect(await closed).toMatchObject({ cause: 'client' })
    expect(events).toEqual(['open', 'bytes', 'closed: client'])
  })

  test('an end by the server comes after its last bytes, and is told as such', async () => {
    const port = await startTls(identity, (socket) => socket.end('the last word'))
    const { closed, received, events } = open(port)
    expect(await closed).toMatchObject({ cause: 'server' })
    expect(received().toString()).toBe('the last word')
    expect(events).toEqual(['open', 'bytes', 'closed: server'])
  })

  test.each([
    ['an authority that is not trusted', async () => (await createAuthority()).issue()],
    ['a certificate that has expired', () => authority.issue({ expired: true })],
    ['a certificate of another address', () => authority.issue({ address: '127.0.0.2' })],
  ])('CONN-1: %s is not connected to', async (_what, makeIdentity) => {
    const { closed, events } = open(await startTls(await makeIdentity()))
    expect(await closed).toMatchObject({
      cause: 'tls',
      detail: expect.stringMatching(/CERT|SIGNATURE|ISSUER/),
    })
    expect(events).toEqual(['closed: tls'])
  })

  test('a port on which nothing listens is a network failure', async () => {
    const { closed } = open(await closedPort())
    expect(await closed).toMatchObject({ cause: 'network', detail: expect.stringContaining('ECONNREFUSED') })
  })

  test('CONN-3: a server that never shakes hands is given up', async () => {
    const { closed } = open(await startTcp(), 50)
    expect(await closed).toMatchObject({ cause: 'timeout', detail: expect.stringContaining('50 ms') })
  })

  test('destroy ends the link at once, and nothing is told afterwards', async () => {
    const accepted = promise<TLSSocket>()
    const port = await startTls(identity, accepted.resolve)
    const { link, opened, events } = open(port)
    await opened
    const closed = once(await accepted.promise, 'close')
    link.destroy()
    link.destroy()
    link.send(Buffer.from('too late'))
    link.close()
    await closed
    expect(events).toEqual(['open'])
  })

  test('a link that is closed before it is open is over', async () => {
    const { link, closed, events } = open(await startTcp())
    link.close()
    expect(await closed).toMatchObject({ cause: 'client' })
    expect(events).toEqual(['closed: client'])
  })

  test('a peer that reads late gets everything, and its own bytes come then at the latest', async () => {
    const accepted = promise<TLSSocket>()
    const port = await startTls(identity, (socket) => {
      socket.pause()
      accepted.resolve(socket)
    })
    const { link, opened, receives } = open(port)
    await opened
    const socket = await accepted.promise
    // More than the kernel takes on both sides, so that the rest waits here.
    const block = new Uint8Array(1_048_576)
    for (let sent = 0; sent < 24; sent += 1) link.send(block)
    socket.write('while we wait')
    let heard = 0
    const all = promise<void>()
    socket.on('data', (bytes) => {
      heard += bytes.length
      if (heard === 24 * block.length) all.resolve()
    })
    socket.resume()
    await all.promise
    expect((await receives(13)).toString()).toBe('while we wait')
    link.destroy()
  })
})

test.each(['mqtt://127.0.0.1:1883', 'tcp://127.0.0.1', 'mqtts://user:pass@127.0.0.1', ''])(
  'AUTH-1: %j is unusable, and nothing is connected to',
  async (url) => {
    let connects = 0
    const openLink = webStreamLink({
      connect() {
        connects += 1
        throw new Error('asked to connect')
      },
    })
    const { closed, link } = record(openLink, { url })
    link.send(new Uint8Array(1))
    expect(await closed).toMatchObject({ cause: 'unusable' })
    expect(connects).toBe(0)
  },
)

test('a link without connect is refused by the name of the field', () => {
  expect(() => webStreamLink({} as never)).toThrow(expect.objectContaining({ field: 'connect' }))
})

describe('over streams in the hand', () => {
  interface Hand {
    readonly streams: ByteStreams
    readonly written: Uint8Array[]
    readonly ended: string[]
    /** Gives the reader its next chunk, or the end. */
    give(chunk: Uint8Array | null): void
    /** Lets the oldest write leave. */
    leave(): void
    flush(): void
  }

  function inHand(): Hand {
    const written: Uint8Array[] = []
    const ended: string[] = []
    const reads: ((result: { done: boolean; value?: Uint8Array }) => void)[] = []
    const writes: (() => void)[] = []
    const flushes: (() => void)[] = []
    const note = (what: string) => async () => void ended.push(what)
    return {
      written,
      ended,
      give: (chunk) => reads.shift()?.(chunk === null ? { done: true } : { done: false, value: chunk }),
      leave: () => writes.shift()?.(),
      flush: () => flushes.shift()?.(),
      streams: {
        readable: {
          getReader: () => ({
            read: () => new Promise((resolve) => reads.push(resolve)),
            cancel: note('cancel'),
          }),
        },
        writable: {
          getWriter: () => ({
            write(bytes) {
              written.push(bytes)
              return new Promise<void>((resolve) => writes.push(resolve))
            },
            close: () => new Promise<void>((resolve) => flushes.push(resolve)),
            abort: note('abort'),
          }),
        },
        close: note('close'),
      },
    }
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const url = 'mqtts://broker.example'

  test('the address of the catalog is what is connected to; 8883 is the port of mqtts', async () => {
    const addresses: unknown[] = []
    const openLink = webStreamLink({
      connect(address) {
        addresses.push(address)
        return inHand().streams
      },
    })
    await record(openLink, { url }).opened
    await record(openLink, { url: 'mqtts://[::1]:18883' }).opened
    expect(addresses).toEqual([
      { hostname: 'broker.example', port: 8883 },
      { hostname: '::1', port: 18_883 },
    ])
  })

  test('bytes are held back while more than the mark waits to leave, and come when it has left', async () => {
    const hand = inHand()
    const { link, opened, received } = record(webStreamLink({ connect: () => hand.streams }), { url })
    await opened
    link.send(new Uint8Array(LINK_HIGH_WATER_BYTES))
    hand.give(Buffer.from('at the mark '))
    await turn()
    expect(received().toString()).toBe('at the mark ')
    link.send(new Uint8Array(1))
    hand.give(Buffer.from('and above'))
    await turn()
    expect(received().toString()).toBe('at the mark ')
    hand.leave()
    await turn()
    expect(received().toString()).toBe('at the mark and above')
  })

  test('CONN-1: a link is not open before the server is verified', async () => {
    const hand = inHand()
    const verified = promise<void>()
    const openLink = webStreamLink({ connect: async () => ({ ...hand.streams, opened: verified.promise }) })
    const { events, link, opened } = record(openLink, { url })
    await turn()
    link.send(Buffer.from('too early'))
    expect(events).toEqual([])
    verified.resolve()
    await opened
    expect(hand.written).toEqual([])
  })

  test('CONN-3: it is given up by the clock, and a connection that comes late is let go', async () => {
    const clock = createManualClock()
    const hand = inHand()
    const late = promise<ByteStreams>()
    const openLink = webStreamLink({ connect: () => late.promise, clock })
    const { closed, events } = record(openLink, { url, timeoutMs: 5_000 })
    clock.moveTo(5_000)
    expect(await closed).toMatchObject({ cause: 'timeout' })
    // What is told of it then is heard by no one, and is no unhandled rejection either.
    const opened = Promise.reject(new Error('the connection was let go'))
    late.resolve({ ...hand.streams, opened, closed: opened })
    await turn()
    expect(hand.ended).toEqual(['abort', 'cancel', 'close'])
    expect(events).toEqual(['closed: timeout'])
    expect(clock.dueTimes()).toEqual([])
  })

  test('after the flush a peer that leaves its half open is waited for, and not for ever', async () => {
    const clock = createManualClock()
    const hand = inHand()
    const { link, opened, closed, events } = record(webStreamLink({ connect: () => hand.streams, clock }), {
      url,
    })
    await opened
    link.close()
    await turn()
    expect(clock.dueTimes()).toEqual([])
    hand.flush()
    await turn()
    expect(events).toEqual(['open'])
    clock.moveTo(2_000)
    expect(await closed).toMatchObject({ cause: 'client' })
    expect(hand.ended).toEqual(['abort', 'cancel', 'close'])
  })

  test.each([
    ['connect throws', { code: 'EHOSTUNREACH' }, 'network'],
    [
      'there is a word of the certificate only',
      { message: 'invalid peer certificate: UnknownIssuer' },
      'tls',
    ],
    ['the handshake is cut', { message: 'tls handshake eof' }, 'network'],
    ['nothing is said at all', undefined, 'network'],
  ])('the cause where %s', async (_what, error, cause) => {
    const openLink = webStreamLink({
      connect() {
        throw error
      },
    })
    expect(await record(openLink, { url }).closed).toMatchObject({ cause })
  })

  test('a rejected `closed` ends the link; what breaks after the server was verified is of the network', async () => {
    const hand = inHand()
    const closed = Promise.reject(new Error('peer closed connection without sending TLS close_notify'))
    const recording = record(webStreamLink({ connect: () => ({ ...hand.streams, closed }) }), { url })
    expect(await recording.closed).toMatchObject({ cause: 'network' })
  })
})
