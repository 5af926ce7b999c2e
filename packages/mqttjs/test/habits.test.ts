import { Duplex } from 'node:stream'
import { type IClientOptions, MqttClient } from 'mqtt'
import { afterEach, describe, expect, test } from 'vitest'
import { encode, packetReader } from '../../mqtt/test/support.ts'

// MQTT.js as it is, without the adapter: each of these is why the adapter does something itself. A test that fails here
// says that MQTT.js behaves now, and that the adapter and docs/mqtt-clients.md can lose a line.

type Packet = Parameters<typeof encode>[0]

const clients: MqttClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.stream.destroy()
})

/** MQTT.js on a stream in memory, after CONNACK. */
async function connected(options: IClientOptions = {}, properties: object = {}) {
  const sent: Packet[] = []
  const read = packetReader((packet) => sent.push(packet))
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      read(chunk)
      done()
    },
  })
  const client = new MqttClient(() => stream, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    keepalive: 600,
    clientId: 'cdv_a',
    ...options,
  })
  clients.push(client)
  const say = async (...packets: Packet[]) => {
    for (const packet of packets) stream.push(encode(packet))
    await turns()
  }
  await say({ cmd: 'connack', sessionPresent: false, reasonCode: 0, properties })
  expect(client.connected).toBe(true)
  return { client, sent: (cmd: Packet['cmd']) => sent.filter((packet) => packet.cmd === cmd), say }
}

/** As many turns of the event loop as anything in memory takes. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const message = (messageId: number): Packet => ({
  cmd: 'publish',
  topic: 'a',
  payload: `${messageId}`,
  qos: 1,
  dup: false,
  retain: false,
  messageId,
})

describe('what MQTT.js does by itself', () => {
  test('PUB-8: it does not keep to the broker’s receive maximum', async () => {
    const { client, sent } = await connected({}, { receiveMaximum: 1 })
    for (const payload of ['1', '2', '3']) client.publish('a', payload, { qos: 1 })
    await turns()
    expect(sent('publish')).toHaveLength(3)
  })

  test('PUB-8: it sends what is larger than the broker’s maximum packet size', async () => {
    const { client, sent } = await connected({}, { maximumPacketSize: 32 })
    client.publish('a', 'x'.repeat(100), { qos: 1 })
    await turns()
    expect(sent('publish')).toHaveLength(1)
  })

  test('CONN-6: end() sends no DISCONNECT while a publish is unanswered', async () => {
    const { client, sent } = await connected()
    client.publish('a', 'unanswered', { qos: 1 })
    client.end(false, { reasonCode: 0 })
    await turns()
    expect(sent('disconnect')).toEqual([])
    client.removeOutgoingMessage(client.getLastMessageId())
  })

  test('a message whose PUBACK waits holds up every packet behind it', async () => {
    const shown: string[] = []
    let acknowledge = (): void => {}
    const { client, say } = await connected({
      customHandleAcks(_topic, payload, _packet, done) {
        shown.push(payload.toString())
        acknowledge = () => done(0)
      },
    })
    client.on('disconnect', () => shown.push('DISCONNECT'))
    await say(message(1), message(2), { cmd: 'disconnect', reasonCode: 0x8e })
    expect(shown).toEqual(['1'])
    acknowledge()
    await turns()
    acknowledge()
    await turns()
    expect(shown).toEqual(['1', '2', 'DISCONNECT'])
  })

  test('PUB-7: its callback does not tell 0x10 from 0x00', async () => {
    const { client, say } = await connected()
    const answers: unknown[] = []
    client.publish('a', 'nobody listens', { qos: 1 }, (error, packet) => {
      answers.push(error ?? (packet as { reasonCode?: number }).reasonCode ?? 'no code')
    })
    await turns()
    await say({ cmd: 'puback', messageId: client.getLastMessageId(), reasonCode: 0x10 })
    expect(answers).toEqual(['no code'])
  })

  test('SUB-3: a SUBACK that refuses one topic is an error for all of them', async () => {
    const { client, say } = await connected()
    const errors: unknown[] = []
    client.subscribe(['a', 'b'], { qos: 1 }, (error) => errors.push(error?.message))
    await turns()
    await say({ cmd: 'suback', messageId: client.getLastMessageId(), granted: [1, 0x87] })
    expect(errors).toEqual(['Subscribe error: Not authorized'])
  })

  test('CONN-3: it does not take the server’s keep alive where none was asked for', async () => {
    const { client } = await connected({ keepalive: 0 }, { serverKeepAlive: 30 })
    expect(client.keepalive).toBe(0)
  })

  test('CONN-3: its PINGREQ leaves only when the whole keep alive is over', async () => {
    const delays: (number | undefined)[] = []
    await connected({
      keepalive: 60,
      timerVariant: {
        set(_fire, delayMs) {
          delays.push(delayMs)
          return 1
        },
        clear() {},
      },
    })
    // Every half; the second one is the ping, the third one the end.
    expect(delays).toEqual([30_000])
  })

  test('CORE-3: a PUBREL that is cut short makes it throw out of the event of its socket', async () => {
    const { client } = await connected()
    client.on('error', () => {})
    expect(() => client.stream.push(Buffer.of(0x62, 0x00))).toThrow()
  })

  test('CRED-3: it keeps the password among its options', async () => {
    const { client } = await connected({ username: 'u', password: 'canary' })
    expect(client.options.password).toBe('canary')
  })
})
