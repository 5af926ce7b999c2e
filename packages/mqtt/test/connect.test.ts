import { createMqttSession, MqttOptionError, type MqttSessionOptions } from '@realer-device/mqtt'
import mqttPacket from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { CLIENT_ID, hex, joined, packetsSent, utf8 } from './support.ts'

describe('CONNECT', () => {
  it('CONN-1 CONN-2 has exactly the client id, user name and password, a clean start, our limits, and nothing else', () => {
    const outputs = createMqttSession({
      clientId: CLIENT_ID,
      username: 'realer-é',
      password: 'pässwörd 🌊',
      keepAliveSeconds: 30,
      receiveMaximum: 5,
      maximumPacketSize: 4096,
    }).open()

    expect(packetsSent(outputs)).toEqual([
      expect.objectContaining({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 5,
        clean: true,
        keepalive: 30,
        clientId: CLIENT_ID,
        username: 'realer-é',
        password: Buffer.from('pässwörd 🌊'),
        properties: { receiveMaximum: 5, maximumPacketSize: 4096 },
      }),
    ])
    expect(packetsSent(outputs)[0]).not.toHaveProperty('will')
  })

  it('CONN-2 asks the server to keep the session, and for a will at QoS 1 that is not retained', () => {
    const will = { topic: 'devices/é/feed-data', payload: '{"value":"öffline"}', delaySeconds: 30 }
    const outputs = createMqttSession({
      clientId: CLIENT_ID,
      username: 'u',
      password: 'p',
      cleanStart: false,
      sessionExpirySeconds: 4_294_967_295,
      will,
    }).open()
    expect(packetsSent(outputs)).toMatchObject([
      {
        clean: false,
        password: Buffer.from('p'),
        properties: { sessionExpiryInterval: 4_294_967_295 },
        will: {
          topic: will.topic,
          payload: Buffer.from(will.payload),
          qos: 1,
          retain: false,
          properties: { willDelayInterval: 30 },
        },
      },
    ])
  })

  it('MQTT 5 §3.1.3.2 a will without a delay has no property, and its payload may be empty', () => {
    const outputs = createMqttSession({ clientId: 'c', will: { topic: 't', payload: '' } }).open()
    expect(outputs[0]).toEqual({
      type: 'send',
      bytes: joined(
        hex('10 1c'),
        hex('0004'),
        utf8('MQTT'),
        // Will flag, will QoS 1, clean start.
        hex('05 0e 003c'),
        hex('08 21 0020 27 00010000'),
        hex('0001'),
        utf8('c'),
        hex('00'),
        hex('0001'),
        utf8('t'),
        hex('0000'),
      ),
    })
  })

  it('CORE-5 is made without the 65,536 buffers that mqtt-packet makes at its first packet', () => {
    createMqttSession({ clientId: CLIENT_ID })
    expect(mqttPacket.writeToStream.cacheNumbers).toBe(false)
  })

  it('MQTT 5 §3.1 is these bytes, by default', () => {
    expect(createMqttSession({ clientId: 'c' }).open()).toEqual([
      {
        type: 'send',
        bytes: joined(
          hex('10 16'),
          hex('0004'),
          utf8('MQTT'),
          hex('05 02 003c'),
          hex('08 21 0020 27 00010000'),
          hex('0001'),
          utf8('c'),
        ),
      },
      { type: 'setTimer', timer: 'connect', delayMs: 15_000 },
    ])
  })

  it('MQTT 5 §3.1.3.6 the password can be any bytes, and empty', () => {
    for (const password of [Uint8Array.of(0, 255, 0xc3, 0x28), new Uint8Array()]) {
      const outputs = createMqttSession({ clientId: 'c', username: 'u', password }).open()
      expect(packetsSent(outputs)).toMatchObject([{ username: 'u', password: Buffer.from(password) }])
    }
  })

  it('CONN-1 a user name needs no password, and an empty one is sent', () => {
    const [connect] = packetsSent(createMqttSession({ clientId: 'c', username: '' }).open())
    expect(connect).toMatchObject({ username: '' })
    expect(connect).not.toHaveProperty('password')
  })

  it('CONN-2 clean start can be turned off, and the keep alive too', () => {
    const outputs = createMqttSession({ clientId: 'c', cleanStart: false, keepAliveSeconds: 0 }).open()
    expect(packetsSent(outputs)).toMatchObject([{ clean: false, keepalive: 0 }])
  })

  it('CRED-3 changing the caller’s password bytes afterwards changes nothing', () => {
    const password = utf8('secret')
    const session = createMqttSession({ clientId: 'c', username: 'u', password })
    password.fill(0)
    expect(packetsSent(session.open())).toMatchObject([{ password: Buffer.from('secret') }])
  })
})

describe('Options are refused at the door, by name', () => {
  const cases: [string, string, Record<string, unknown>][] = [
    ['wrong-type', 'clientId', { clientId: 1 }],
    ['missing-client-id', 'clientId', { clientId: '', cleanStart: false }],
    ['not-utf8', 'clientId', { clientId: 'a\u0000' }],
    ['not-utf8', 'clientId', { clientId: '\ud800' }],
    ['too-long', 'clientId', { clientId: 'é'.repeat(32_768) }],
    ['wrong-type', 'username', { username: 1 }],
    ['not-utf8', 'username', { username: '\udc00' }],
    ['missing-username', 'username', { password: 'p' }],
    ['wrong-type', 'password', { username: 'u', password: 1 }],
    ['not-utf8', 'password', { username: 'u', password: '\udc00' }],
    ['too-long', 'password', { username: 'u', password: new Uint8Array(65_536) }],
    ['wrong-type', 'cleanStart', { cleanStart: 'yes' }],
    ['wrong-type', 'sessionExpirySeconds', { sessionExpirySeconds: '60' }],
    ['out-of-range', 'sessionExpirySeconds', { sessionExpirySeconds: -1 }],
    ['out-of-range', 'sessionExpirySeconds', { sessionExpirySeconds: 4_294_967_296 }],
    ['wrong-type', 'will', { will: 'gone' }],
    ['wrong-type', 'will.topic', { will: { payload: '' } }],
    ['not-a-topic', 'will.topic', { will: { topic: 'a/#', payload: '' } }],
    ['not-a-topic', 'will.topic', { will: { topic: '', payload: '' } }],
    ['not-utf8', 'will.topic', { will: { topic: 'a\u0000', payload: '' } }],
    ['wrong-type', 'will.payload', { will: { topic: 't' } }],
    ['too-long', 'will.payload', { will: { topic: 't', payload: 'é'.repeat(32_768) } }],
    ['out-of-range', 'will.delaySeconds', { will: { topic: 't', payload: '', delaySeconds: -1 } }],
    ['wrong-type', 'keepAliveSeconds', { keepAliveSeconds: 1.5 }],
    ['out-of-range', 'keepAliveSeconds', { keepAliveSeconds: 65_536 }],
    ['out-of-range', 'keepAliveSeconds', { keepAliveSeconds: -1 }],
    ['wrong-type', 'connectTimeoutMs', { connectTimeoutMs: Number.NaN }],
    ['out-of-range', 'connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['out-of-range', 'pingTimeoutMs', { pingTimeoutMs: 2 ** 31 }],
    ['out-of-range', 'receiveMaximum', { receiveMaximum: 0 }],
    ['out-of-range', 'receiveMaximum', { receiveMaximum: 65_536 }],
    ['out-of-range', 'maximumPacketSize', { maximumPacketSize: 0 }],
    ['out-of-range', 'maximumPacketSize', { maximumPacketSize: 268_435_461 }],
  ]

  it.each(cases)('%s: %s', (code, field, options) => {
    const create = () => createMqttSession({ clientId: 'c', ...options } as MqttSessionOptions)
    expect(create).toThrow(MqttOptionError)
    expect(create).toThrow(expect.objectContaining({ code, field }))
  })

  it('CRED-3 the error never says the value', () => {
    const password = 'canary\ud800'
    expect(() => createMqttSession({ clientId: 'c', username: 'u', password })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    )
  })

  it('CONN-1 a client id of exactly 65535 bytes is taken', () => {
    const clientId = 'x'.repeat(65_535)
    expect(packetsSent(createMqttSession({ clientId }).open())).toMatchObject([{ clientId }])
  })
})
