import { connect, type Socket } from 'node:net'
import {
  createMqttSession,
  type MqttOutput,
  type MqttSession,
  type MqttSessionOptions,
} from '@realer-device/mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { mosquittoIsWanted } from '../../../test/support/mosquitto.ts'
import { type Broker, startMosquitto } from './mosquitto-broker.ts'
import { utf8 } from './support.ts'

type OutputOf<Type extends MqttOutput['type']> = Extract<MqttOutput, { type: Type }>

/** The smallest host there can be: it joins a session to a socket. Timers it leaves to the test. */
interface Host {
  readonly session: MqttSession
  readonly socket: Socket
  /** Does what the session says. */
  perform(outputs: readonly MqttOutput[]): void
  /** The next output of this type that was not taken yet. */
  next<Type extends MqttOutput['type']>(type: Type): Promise<OutputOf<Type>>
}

function openHost(port: number, options: MqttSessionOptions): Host {
  const session = createMqttSession(options)
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  const untaken: MqttOutput[] = []
  let wake = () => {}

  function perform(outputs: readonly MqttOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'send') socket.write(output.bytes)
      if (output.type === 'close') socket.end()
      untaken.push(output)
    }
    wake()
  }

  async function next<Type extends MqttOutput['type']>(type: Type): Promise<OutputOf<Type>> {
    for (;;) {
      const index = untaken.findIndex((output) => output.type === type)
      if (index >= 0) return untaken.splice(index, 1)[0] as OutputOf<Type>
      if (untaken.some((output) => output.type === 'closed')) {
        throw new Error(`closed without ${type}: ${JSON.stringify(untaken.at(-1))}`)
      }
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  socket.on('connect', () => perform(session.open()))
  socket.on('data', (bytes) => perform(session.receive(bytes)))
  socket.on('error', (error) => perform(session.linkClosed(error.message)))
  socket.on('close', () => perform(session.linkClosed()))
  return { session, socket, perform, next }
}

describe.runIf(mosquittoIsWanted('the MQTT session with a real broker'))('With a real Mosquitto', () => {
  const user = { username: 'device', password: 'pässword' }
  const hosts: Host[] = []
  let broker: Broker

  beforeAll(async () => {
    broker = await startMosquitto(user, [
      'max_packet_size 2000',
      'max_inflight_messages 5',
      'max_keepalive 30',
      'retain_available false',
    ])
  })

  afterEach(() => {
    for (const { socket } of hosts.splice(0)) socket.destroy()
  })

  afterAll(() => broker?.stop())

  function open(clientId: string, options: Partial<MqttSessionOptions> = {}): Host {
    const host = openHost(broker.port, { clientId, ...user, ...options })
    hosts.push(host)
    return host
  }

  it('CONN-1 CONN-5 connects, and takes the limits of the broker', async () => {
    expect(await open('limits', { keepAliveSeconds: 600 }).next('connected')).toEqual({
      type: 'connected',
      sessionPresent: false,
      sessionExpirySeconds: 0,
      receiveMaximum: 5,
      maximumPacketSize: 2000,
      maximumQoS: 2,
      retainAvailable: false,
      keepAliveSeconds: 30,
      topicAliasMaximum: 10,
      wildcardSubscriptionAvailable: true,
      sharedSubscriptionAvailable: true,
    })
  })

  it('MQTT-3.2.2-16 gets a client id from the broker where it sends none', async () => {
    expect(await open('').next('connected')).toMatchObject({ assignedClientId: expect.stringMatching(/./) })
  })

  it('SUB-1 PUB-1 REN-1 subscribes, publishes, gets its own message, acknowledges it, pings and disconnects', async () => {
    const { session, socket, perform, next } = open('whole')
    await next('connected')

    perform(session.subscribe([{ topic: 'acks/é', qos: 1 }]))
    expect(await next('subscribed')).toEqual({
      type: 'subscribed',
      grants: [{ topic: 'acks/é', reasonCode: 1 }],
    })

    for (const text of ['first', 'second']) {
      perform(session.publish({ topic: 'acks/é', payload: text, delivery: `d-${text}` }))
      expect(await next('published')).toEqual({ type: 'published', delivery: `d-${text}`, reasonCode: 0 })
      const message = await next('message')
      expect(message).toMatchObject({
        qos: 1,
        topic: 'acks/é',
        payload: utf8(text),
        retain: false,
        dup: false,
      })
      if (message.qos === 1) perform(session.acknowledge(message.packetId))
    }

    perform(session.timerFired('keepAlive'))
    while ((await next('cancelTimer')).timer !== 'pingResponse');

    const ended = new Promise((resolve) => socket.once('close', resolve))
    perform(session.disconnect())
    expect(await next('closed')).toMatchObject({ cause: 'client', reasonCode: 0 })
    await ended
  })

  it('PUB-8 the broker takes as many messages at once as it said, and the largest packet that it said', async () => {
    const { session, perform, next } = open('flow')
    const { receiveMaximum, maximumPacketSize } = await next('connected')
    const largest = 'x'.repeat(maximumPacketSize - 1 - 2 - (2 + 1) - 2 - 1)
    expect(session.publish({ topic: 't', payload: `${largest}x`, delivery: 'too large' })).toMatchObject([
      { code: 'packet-too-large' },
    ])
    for (let count = 0; count < receiveMaximum; count++) {
      perform(session.publish({ topic: 't', payload: largest, delivery: `d-${count}` }))
    }
    expect(session.publish({ topic: 't', payload: 'p', delivery: 'one more' })).toMatchObject([
      { code: 'receive-maximum-exceeded' },
    ])
    for (let count = 0; count < receiveMaximum; count++) {
      // 0x10: nobody subscribes to it, and Mosquitto says so.
      expect(await next('published')).toEqual({ type: 'published', delivery: `d-${count}`, reasonCode: 0x10 })
    }
  })

  it('MQTT 5 §4.9 the broker keeps to our receive maximum', async () => {
    const { session, perform, next } = open('inbound', { receiveMaximum: 2 })
    await next('connected')
    perform(session.subscribe([{ topic: 'many', qos: 1 }]))
    await next('subscribed')
    for (let count = 0; count < 5; count++) {
      perform(session.publish({ topic: 'many', payload: `${count}`, delivery: `d-${count}` }))
    }
    // Mosquitto 2.0.11 can send one message too many where our PUBACKs cross our publishes: here they do not.
    for (let count = 0; count < 5; count++) await next('published')
    for (let count = 0; count < 5; count++) {
      const message = await next('message')
      expect(message.payload).toEqual(utf8(`${count}`))
      if (message.qos === 1) perform(session.acknowledge(message.packetId))
    }
  })

  it('CONN-2 a message that was published while the device was away arrives after the reconnect', async () => {
    const kept = { cleanStart: false, sessionExpirySeconds: 600 }
    const first = open('away', kept)
    expect(await first.next('connected')).toMatchObject({ sessionPresent: false, sessionExpirySeconds: 600 })
    first.perform(first.session.subscribe([{ topic: 'desired', qos: 1 }]))
    await first.next('subscribed')
    first.socket.destroy()
    await first.next('closed')

    const cloud = open('cloud')
    await cloud.next('connected')
    cloud.perform(cloud.session.publish({ topic: 'desired', payload: 'open', delivery: 'd' }))
    // 0x00 and not 0x10: the broker has a subscriber, though it is away.
    expect(await cloud.next('published')).toMatchObject({ reasonCode: 0 })

    const second = open('away', kept)
    expect(await second.next('connected')).toMatchObject({ sessionPresent: true })
    // No SUBSCRIBE was sent on this connection.
    const message = await second.next('message')
    expect(message).toMatchObject({ topic: 'desired', payload: utf8('open'), qos: 1 })
    if (message.qos === 1) second.perform(second.session.acknowledge(message.packetId))
    second.perform(second.session.disconnect())

    const afresh = open('away')
    expect(await afresh.next('connected')).toMatchObject({ sessionPresent: false })
  })

  it('CONN-2 MQTT 5 §4.4 a message whose PUBACK was lost comes again with DUP', async () => {
    const kept = { cleanStart: false, sessionExpirySeconds: 600 }
    const first = open('dup', kept)
    await first.next('connected')
    first.perform(first.session.subscribe([{ topic: 'again', qos: 1 }]))
    await first.next('subscribed')
    first.perform(first.session.publish({ topic: 'again', payload: 'once', delivery: 'd' }))
    expect(await first.next('message')).toMatchObject({ dup: false })
    first.socket.destroy()
    await first.next('closed')

    const second = open('dup', kept)
    await second.next('connected')
    expect(await second.next('message')).toMatchObject({ dup: true, payload: utf8('once') })
  })

  it.each([0, 1])(
    'CONN-2 the will is published after the link is cut (delay of %i s)',
    async (delaySeconds) => {
      const watcher = open(`watcher-${delaySeconds}`)
      await watcher.next('connected')
      const topic = `will-${delaySeconds}`
      watcher.perform(watcher.session.subscribe([{ topic, qos: 1 }]))
      await watcher.next('subscribed')

      const will = { topic, payload: 'gone', delaySeconds }
      const device = open(`mortal-${delaySeconds}`, { sessionExpirySeconds: 600, will })
      await device.next('connected')
      device.socket.destroy()
      const message = await watcher.next('message')
      expect(message).toMatchObject({ topic, payload: utf8('gone'), qos: 1, retain: false })
    },
  )

  it('CONN-2 MQTT 5 §3.1.2.5 the will is not published after DISCONNECT 0x00', async () => {
    const watcher = open('watcher')
    await watcher.next('connected')
    watcher.perform(watcher.session.subscribe([{ topic: 'will', qos: 1 }]))
    await watcher.next('subscribed')

    const device = open('polite', { will: { topic: 'will', payload: 'gone' } })
    await device.next('connected')
    const ended = new Promise((resolve) => device.socket.once('close', resolve))
    device.perform(device.session.disconnect())
    await ended
    watcher.perform(watcher.session.publish({ topic: 'will', payload: 'the next message', delivery: 'd' }))
    expect(await watcher.next('message')).toMatchObject({ payload: utf8('the next message') })
  })

  it('CONN-4 is refused with another password', async () => {
    const { next } = open('refused', { password: 'wrong' })
    expect(await next('refused')).toMatchObject({ reasonCode: 0x87, reasonName: 'Not authorized' })
    expect(await next('closed')).toMatchObject({ cause: 'refused', reasonCode: 0x87 })
  })

  it('REC-3 tells the reason of the broker’s DISCONNECT', async () => {
    const { socket, next } = open('too large')
    await next('connected')
    // Past the session, which would refuse it: the header of a PUBLISH larger than the broker takes.
    socket.write(Uint8Array.of(0x32, 0xff, 0x7f))
    expect(await next('closed')).toMatchObject({
      cause: 'server',
      reasonCode: 0x95,
      detail: 'the server sent DISCONNECT, Packet too large',
    })
  })

  it('CONN-6 ends when another connection takes its client id', async () => {
    const first = open('same')
    await first.next('connected')
    await open('same').next('connected')
    // By the standard the reason is 0x8E. This Mosquitto says nothing and closes.
    expect(await first.next('closed')).toMatchObject({ cause: expect.stringMatching(/^(server|link)$/) })
  })

  it('MQTT 5 §4.13 Mosquitto takes our DISCONNECT for its fault, and stays up for others', async () => {
    const { session, perform, next } = open('fault')
    await next('connected')
    perform(session.receive(Uint8Array.of(0x00)))
    expect(await next('closed')).toMatchObject({ cause: 'protocolError', reasonCode: 0x81 })
    await open('after the fault').next('connected')
  })
})
