import { once } from 'node:events'
import { createServer } from 'node:net'
import { startSandbox } from '@realer-device/sandbox'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { call, onlineDevice, requestToken } from './test-device.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function start(options: Parameters<typeof startSandbox>[0]) {
  const sandbox = await startSandbox(options)
  endings.push(() => sandbox.stop())
  return sandbox
}

/** A WebSocket to the sandbox's own broker, and the code with which it ends. */
async function openWebSocket(protocol?: string, path = '') {
  const sandbox = await start({ webSocket: true })
  const webSocket = new WebSocket(`${sandbox.brokerWebSocketUrl}${path}`, protocol ? [protocol] : [], {
    ca: sandbox.caPem,
  })
  const closed = new Promise<number>((resolve) => webSocket.on('close', resolve))
  const failed = new Promise<Error>((resolve) => webSocket.on('error', resolve))
  const rules = () => sandbox.ledger.summary().violations.map(({ rule, detail }) => `${rule}: ${detail}`)
  return { webSocket, closed, failed, rules }
}

describe('the WebSocket of our own broker (MQTT 5 section 6)', () => {
  it('agrees to the subprotocol mqtt', async () => {
    const { webSocket } = await openWebSocket('mqtt')
    await once(webSocket, 'open')
    expect(webSocket.protocol).toBe('mqtt')
  })

  it('a device without that subprotocol is entered, and shown out', async () => {
    const { closed, rules } = await openWebSocket()
    expect(await closed).toBe(1008)
    expect(rules()).toEqual(['MQTT5 6.0: no subprotocol mqtt'])
  })

  it('a text frame is entered, and ends the connection', async () => {
    const { webSocket, closed, rules } = await openWebSocket('mqtt')
    await once(webSocket, 'open')
    webSocket.send('hello')
    expect(await closed).toBe(1003)
    expect(rules()).toEqual(['MQTT5 6.0: a frame that is not binary'])
  })

  it('is at /mqtt and nowhere else', async () => {
    const { failed, rules } = await openWebSocket('mqtt', '/elsewhere')
    expect((await failed).message).toContain('400')
    expect(rules()).toEqual([])
  })

  it('MQTT 5, 3.1.4: a device that comes over TLS takes over from itself over WebSocket', async () => {
    const sandbox = await start({ webSocket: true })
    const first = await onlineDevice(sandbox)
    const second = await onlineDevice({ ...sandbox, brokerWebSocketUrl: null })
    expect((await first.next('disconnect')).reasonCode).toBe(0x8e)
    await first.closed
    await second.disconnect()
    expect(sandbox.ledger.summary()).toMatchObject({ takeovers: 1, violations: [] })
  })

  it('is not there where nobody asked for it', async () => {
    const { brokerWebSocketUrl } = await start({})
    expect(brokerWebSocketUrl).toBeNull()
  })

  it('stop does not wait for a peer that never says good-bye', async () => {
    const sandbox = await start({ webSocket: true })
    const device = await onlineDevice(sandbox)
    device.socket.pause()
    await sandbox.stop()
    device.socket.resume()
    await device.closed
  })
})

describe('options for a browser', () => {
  it.each([
    [{ webSocketPort: 8443 }, 'webSocketPort'],
    [{ webSocket: true, webSocketPort: 70_000 }, 'webSocketPort'],
    [{ webSocket: 'yes' }, 'webSocket'],
    [{ corsOrigin: 'example.com' }, 'corsOrigin'],
    [{ corsOrigin: 'https://example.com/' }, 'corsOrigin'],
    [{ corsOrigin: '' }, 'corsOrigin'],
  ])('%j is refused by the name of its field', async (options, field) => {
    await expect(startSandbox(options as never)).rejects.toMatchObject({ code: 'invalid-option', field })
  })

  it('a webSocketPort that is taken is refused, and nothing stays behind', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(startSandbox({ webSocket: true, webSocketPort: port })).rejects.toMatchObject({
      code: 'port-unavailable',
      field: 'webSocketPort',
    })
    await new Promise((resolve) => taken.close(resolve))
    const { brokerWebSocketUrl } = await start({ webSocket: true, webSocketPort: port })
    expect(brokerWebSocketUrl).toBe(`wss://127.0.0.1:${port}/mqtt`)
  })

  it('without corsOrigin no page may read an answer', async () => {
    const { headers } = await requestToken(await start({}))
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  it('with it, that page may, and sees Retry-After (REC-2)', async () => {
    const corsOrigin = 'http://127.0.0.1:8080'
    const sandbox = await start({ corsOrigin })
    const asked = await call(sandbox, 'OPTIONS', '/iot/v1/mqtt-credentials', {
      origin: corsOrigin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'accept,authorization,content-type',
    })
    expect(asked.status).toBe(204)
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': corsOrigin,
      'access-control-allow-headers': 'accept,authorization,content-type',
      'access-control-allow-methods': expect.stringContaining('POST'),
    })
    sandbox.faults.order({ at: 'token', answer: { status: 429, retryAfter: 7 } })
    const answer = await call(sandbox, 'POST', '/oauth/token', { origin: corsOrigin })
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': corsOrigin,
      'access-control-expose-headers': 'retry-after',
      'retry-after': '7',
    })
    // A question about the answers is no call of the device's.
    expect(sandbox.ledger.entries.filter(({ kind }) => kind === 'http')).toHaveLength(1)
  })
})
