import { once } from 'node:events'
import { LINK_HIGH_WATER_BYTES } from '@realer-device/host'
import { beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { createManualClock } from '../../../test/support/manual-clock.ts'
import { type Authority, createAuthority } from '../../node/test/authority.ts'
import { closedPort, startHttps, startTcp } from '../../node/test/servers.ts'
import { type WebSocketConstructor, type WebSocketLike, webSocketLink } from '../src/index.ts'
import { promise, record } from './recorder.ts'
import { trustingWebSocket } from './trust.ts'
import { startWss } from './web-socket-server.ts'

const url = 'mqtts://broker.example'
let authority: Authority
let identity: { key: string; cert: string }
beforeAll(async () => {
  authority = await createAuthority()
  identity = await authority.issue()
})

function open(address: string, timeoutMs = 30_000) {
  const WebSocket = trustingWebSocket(authority.caPem)
  return record(webSocketLink({ address: () => address, WebSocket }), { url, timeoutMs })
}

describe('over real WebSockets', () => {
  test('CONN-1: a link opens, carries bytes both ways, and flushes before it closes', async () => {
    const heard: Buffer[] = []
    const end = promise<number>()
    const address = await startWss(identity, (socket) => {
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        expect(isBinary).toBe(true)
        if (heard.push(data) === 1) socket.send(Buffer.from('welcome'))
      })
      socket.on('close', end.resolve)
    })
    const { link, opened, receives, closed, events } = open(address)
    await opened
    link.send(Buffer.from('hello'))
    expect((await receives(7)).toString()).toBe('welcome')
    const much = Buffer.alloc(1_000_000, 'x')
    link.send(much)
    link.send(Buffer.from('goodbye'))
    link.close()
    link.close()
    link.send(Buffer.from('too late'))
    expect(await end.promise).toBe(1000)
    expect(Buffer.concat(heard).toString()).toBe(`hello${much}goodbye`)
    expect(await closed).toMatchObject({ cause: 'client' })
    expect(events).toEqual(['open', 'bytes', 'closed: client'])
    // What is sent is masked on its way; the caller's bytes stay as they were.
    expect(much.equals(Buffer.alloc(1_000_000, 'x'))).toBe(true)
  })

  test.each([1000, 1001, 1013])('a close by the server with code %i is told as such', async (code) => {
    const address = await startWss(identity, (socket) => {
      socket.send(Buffer.from('the last word'))
      socket.close(code)
    })
    const { closed, received, events } = open(address)
    expect(await closed).toEqual({ cause: 'server', detail: expect.stringContaining(String(code)) })
    expect(received().toString()).toBe('the last word')
    expect(events).toEqual(['open', 'bytes', 'closed: server'])
  })

  test('a connection that is cut is a network failure', async () => {
    const address = await startWss(identity, (socket) => socket.terminate())
    const { closed } = open(address)
    expect(await closed).toMatchObject({ cause: 'network' })
  })

  test('MQTT 5 section 6: a text frame ends the link', async () => {
    const serverSide = promise<WebSocket>()
    const address = await startWss(identity, (socket) => {
      serverSide.resolve(socket)
      socket.send('hello')
    })
    const { closed, events } = open(address)
    expect(await closed).toEqual({ cause: 'network', detail: expect.stringContaining('not binary') })
    expect(events).toEqual(['open', 'closed: network'])
    const socket = await serverSide.promise
    if (socket.readyState !== socket.CLOSED) await once(socket, 'close')
  })

  test.each([
    ['agrees to no subprotocol', false],
    ['agrees to another subprotocol', 'mqttv3.1'],
  ] as const)('MQTT 5 section 6: a server that %s is not spoken to', async (_what, agreed) => {
    const { closed, events } = open(await startWss(identity, () => {}, agreed))
    expect(await closed).toMatchObject({ cause: 'network' })
    expect(events).toEqual(['closed: network'])
  })

  test('a server that speaks no WebSocket is a network failure that says its status', async () => {
    const port = await startHttps(identity, (_request, response) => response.writeHead(404).end())
    expect(await open(`wss://127.0.0.1:${port}/mqtt`).closed).toEqual({
      cause: 'network',
      detail: expect.stringContaining('404'),
    })
  })

  test.each([
    ['an authority that is not trusted', async () => (await createAuthority()).issue()],
    ['a certificate that has expired', () => authority.issue({ expired: true })],
    ['a certificate of another address', () => authority.issue({ address: '127.0.0.2' })],
  ])('CONN-1: %s is not connected to', async (_what, makeIdentity) => {
    const { closed, events } = open(await startWss(await makeIdentity()))
    expect(await closed).toMatchObject({
      cause: 'tls',
      detail: expect.stringMatching(/CERT|SIGNATURE|ISSUER/),
    })
    expect(events).toEqual(['closed: tls'])
  })

  test('a port on which nothing listens is a network failure', async () => {
    expect(await open(`wss://127.0.0.1:${await closedPort()}/`).closed).toEqual({
      cause: 'network',
      detail: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('CONN-3: a server that never shakes hands is given up', async () => {
    const { closed } = open(`wss://127.0.0.1:${await startTcp()}/`, 50)
    expect(await closed).toMatchObject({ cause: 'timeout', detail: expect.stringContaining('50 ms') })
  })

  test('destroy ends the link at once, and nothing is told afterwards', async () => {
    const accepted = promise<WebSocket>()
    const { link, opened, events } = open(await startWss(identity, accepted.resolve))
    await opened
    const closed = once(await accepted.promise, 'close')
    link.destroy()
    link.destroy()
    link.send(Buffer.from('too late'))
    link.close()
    await closed
    expect(events).toEqual(['open'])
  })

  test.each(['close', 'destroy'] as const)('%s before it is open ends it', async (how) => {
    const arrived = promise<unknown>()
    const port = await startTcp((socket) => socket.on('close', arrived.resolve))
    const { link, closed, events } = open(`wss://127.0.0.1:${port}/`)
    link[how]()
    if (how === 'close') expect(await closed).toMatchObject({ cause: 'client' })
    else await new Promise((resolve) => setImmediate(resolve))
    expect(events).toEqual(how === 'close' ? ['closed: client'] : [])
  })
})

describe('at the door', () => {
  test.each([
    ['mqtt://127.0.0.1:1883', 'wss://127.0.0.1/'],
    [url, 'ws://127.0.0.1/'],
    [url, 'https://127.0.0.1/'],
    [url, 'wss://user:pass@127.0.0.1/'],
    [url, 'wss://127.0.0.1/#part'],
    [url, 'wss://'],
    [url, 'wss://127.0.0.1:99999/'],
    [url, ''],
  ])('AUTH-1: %j by way of %j is unusable, and nothing is connected to', async (target, address) => {
    const { closed, link, events } = record(
      webSocketLink({ address: () => address, WebSocket: trustingWebSocket(authority.caPem) }),
      { url: target },
    )
    link.send(new Uint8Array(1))
    const { cause, detail } = await closed
    expect(cause).toBe('unusable')
    expect(detail).not.toContain('pass')
    expect(events).toEqual(['closed: unusable'])
  })

  test("CAT-2: the address is asked for with the catalog's broker", async () => {
    const asked: unknown[] = []
    const openLink = webSocketLink({
      address(broker) {
        asked.push(broker)
        throw new Error('there is none')
      },
      WebSocket: trustingWebSocket(authority.caPem),
    })
    const { closed } = record(openLink, { url: 'mqtts://broker.example:18883' })
    expect(await closed).toEqual({ cause: 'unusable', detail: expect.stringContaining('there is none') })
    expect(asked).toEqual([{ hostname: 'broker.example', port: 18_883 }])
  })

  test('what is missing is named by its field', () => {
    const WebSocket = trustingWebSocket(authority.caPem)
    expect(() => webSocketLink({ WebSocket } as never)).toThrow(expect.objectContaining({ field: 'address' }))
    expect(() => webSocketLink({ address: () => '', WebSocket: null as never })).toThrow(
      expect.objectContaining({ field: 'WebSocket' }),
    )
  })
})

describe('over a WebSocket in the hand', () => {
  /** A WebSocket as a browser has it: it cannot be terminated, and takes no close code of its choice. */
  class HandSocket implements WebSocketLike {
    static last: HandSocket
    binaryType = 'blob'
    bufferedAmount = 0
    protocol = 'mqtt'
    readonly sent: Uint8Array[] = []
    readonly closes: (number | undefined)[] = []
    readonly address: string
    readonly asked: string
    constructor(address: string, asked: string) {
      this.address = address
      this.asked = asked
      HandSocket.last = this
    }
    private readonly listeners = new Map<string, (event: object) => void>()
    addEventListener(type: string, listener: (event: object) => void): void {
      this.listeners.set(type, listener)
    }
    tell(type: 'open' | 'message' | 'error' | 'close', event: object = {}): void {
      this.listeners.get(type)?.(event)
    }
    send(data: Uint8Array): void {
      this.sent.push(data)
    }
    close(code?: number): void {
      this.closes.push(code)
    }
    give(text: string): void {
      this.tell('message', { data: new TextEncoder().encode(text).buffer })
    }
  }

  function openInHand(timeoutMs = 5_000) {
    const clock = createManualClock()
    const WebSocket: WebSocketConstructor = HandSocket
    const recording = record(
      webSocketLink({ address: () => 'wss://broker.example/mqtt', WebSocket, clock }),
      {
        url,
        timeoutMs,
      },
    )
    return { ...recording, clock, socket: HandSocket.last }
  }

  test('it asks for the subprotocol mqtt and for array buffers', () => {
    const { socket } = openInHand()
    expect([socket.address, socket.asked, socket.binaryType]).toEqual([
      'wss://broker.example/mqtt',
      'mqtt',
      'arraybuffer',
    ])
  })

  test.each(['', 'mqttv3.1'])(
    'MQTT 5 section 6: a platform that opens with %j is not trusted with it',
    (got) => {
      const { socket, events } = openInHand()
      socket.protocol = got
      socket.tell('open')
      expect(events).toEqual(['closed: network'])
      expect(socket.closes).toEqual([undefined])
    },
  )

  test('messages are kept while more than 256 KiB wait to leave, and a timer looks only then', () => {
    const { socket, events, received, clock } = openInHand()
    socket.tell('open')
    expect(clock.dueTimes()).toEqual([])
    socket.bufferedAmount = LINK_HIGH_WATER_BYTES
    socket.give('at the mark, ')
    expect(received().toString()).toBe('at the mark, ')
    expect(clock.dueTimes()).toEqual([])
    socket.bufferedAmount += 1
    socket.give('one ')
    socket.give('two ')
    expect(clock.dueTimes()).toEqual([20])
    clock.moveTo(20)
    expect(received().toString()).toBe('at the mark, ')
    socket.bufferedAmount -= 1
    // In their order: what comes now stands behind what is kept.
    socket.give('three')
    clock.moveTo(40)
    expect(received().toString()).toBe('at the mark, one two three')
    expect(clock.dueTimes()).toEqual([])
    expect(events).toEqual(['open', 'bytes'])
  })

  test.each([
    [1000, 'open, bytes, closed: server', 'one two'],
    [1006, 'open, closed: network', ''],
  ])(
    'what was kept comes before an end in good order (%i), and not where the connection broke',
    (code, told, text) => {
      const { socket, events, received, clock } = openInHand()
      socket.tell('open')
      socket.bufferedAmount = LINK_HIGH_WATER_BYTES + 1
      socket.give('one ')
      socket.give('two')
      socket.tell('close', { code })
      expect(events.join(', ')).toBe(told)
      expect(received().toString()).toBe(text)
      expect(clock.dueTimes()).toEqual([])
    },
  )

  test('an answer that fills the buffer stops what is kept again', () => {
    const clock = createManualClock()
    const told: string[] = []
    webSocketLink({ address: () => 'wss://broker.example/', WebSocket: HandSocket, clock })(
      { url, timeoutMs: 5_000 },
      {
        onOpen() {},
        onBytes(bytes) {
          told.push(Buffer.from(bytes).toString())
          HandSocket.last.bufferedAmount = LINK_HIGH_WATER_BYTES + 1
        },
        onClosed() {},
      },
    )
    const socket = HandSocket.last
    socket.tell('open')
    for (const text of ['one', 'two', 'three']) socket.give(text)
    expect(told).toEqual(['one'])
    socket.bufferedAmount = 0
    clock.moveTo(20)
    expect(told).toEqual(['one', 'two'])
    socket.bufferedAmount = 0
    clock.moveTo(40)
    expect(told).toEqual(['one', 'two', 'three'])
  })

  test.each([
    ['of one size', 'x'.repeat(65_536)],
    ['that are empty', ''],
  ])('CORE-5: more than 1 MiB of messages %s that are kept ends the link', async (_what, text) => {
    const { socket, events, closed, clock } = openInHand()
    socket.tell('open')
    socket.bufferedAmount = LINK_HIGH_WATER_BYTES + 1
    let given = 0
    for (; given < 100_000 && events.length === 1; given += 1) socket.give(text)
    expect(given).toBeLessThan(10_000)
    expect(await closed).toMatchObject({ cause: 'network' })
    expect(clock.dueTimes()).toEqual([])
  })

  test.each([
    [1000, 'server'],
    [1005, 'server'],
    [1006, 'network'],
  ])('the close code %i of an open link is an end by %s', (code, cause) => {
    const { socket, events } = openInHand()
    socket.tell('open')
    socket.tell('close', { code })
    expect(events).toEqual(['open', `closed: ${cause}`])
  })

  test.each([
    [1006, 'network'],
    [1015, 'tls'],
  ])('the close code %i of a link that never opened is a failure of %s', (code, cause) => {
    const { socket, events } = openInHand()
    socket.tell('error')
    socket.tell('close', { code })
    expect(events).toEqual([`closed: ${cause}`])
  })

  test('CONN-3: it is given up by the clock, and deaf afterwards', () => {
    const { socket, events, clock } = openInHand(5_000)
    clock.moveTo(5_000)
    expect(socket.closes).toEqual([undefined])
    socket.tell('open')
    socket.give('too late')
    socket.tell('error')
    socket.tell('close', { code: 1006 })
    expect(events).toEqual(['closed: timeout'])
  })

  test('a platform whose send throws ends the link, on a turn of its own', async () => {
    const { socket, link, closed, events } = openInHand()
    socket.tell('open')
    socket.send = () => {
      throw new Error('the socket is closed')
    }
    link.send(new Uint8Array(1))
    expect(events).toEqual(['open'])
    expect(await closed).toEqual({
      cause: 'network',
      detail: expect.stringContaining('the socket is closed'),
    })
  })

  test('nothing is sent before it is open, and our close is code 1000', () => {
    const { socket, link, events, clock } = openInHand()
    link.send(new Uint8Array(1))
    socket.tell('open')
    link.send(new Uint8Array(2))
    link.close()
    link.send(new Uint8Array(3))
    expect(socket.sent).toEqual([new Uint8Array(2)])
    expect(socket.closes).toEqual([1000])
    socket.tell('close', { code: 1000 })
    expect(events).toEqual(['open', 'closed: client'])
    expect(clock.dueTimes()).toEqual([])
  })
})
