import type { BrokerPeer } from '@realer-device/contract'
import type { MqttClientEvents } from '@realer-device/host'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scriptedBrokers } from '../../contract/test/support/scripted-broker.ts'
import { encode } from '../../mqtt/test/support.ts'
import { mqttjsClient } from '../src/mqttjs-client.ts'

type Packet = Parameters<typeof encode>[0]

const { caPem, listen } = await scriptedBrokers()
const openMqtt = mqttjsClient({ ca: caPem })

/** Every packet that a broker could take into its head, those that no client gets too. */
const packets: readonly Packet[] = [
  { cmd: 'connack', sessionPresent: false, reasonCode: 0, properties: { receiveMaximum: 3 } },
  { cmd: 'connack', sessionPresent: true, reasonCode: 0x87 },
  { cmd: 'suback', messageId: 1, granted: [1] },
  { cmd: 'puback', messageId: 2, reasonCode: 0x87 },
  { cmd: 'publish', topic: 'a/b', payload: 'x', qos: 1, messageId: 5, dup: false, retain: false },
  { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId: 6, dup: false, retain: false },
  { cmd: 'pubrec', messageId: 2 },
  { cmd: 'pubrel', messageId: 5 },
  { cmd: 'pubcomp', messageId: 5 },
  { cmd: 'unsuback', messageId: 1, granted: [0] },
  { cmd: 'auth', reasonCode: 0, properties: { authenticationMethod: 'x' } },
  { cmd: 'connect', clientId: 'x', protocolVersion: 5 },
  { cmd: 'disconnect', reasonCode: 0x8e, properties: { reasonString: 'no' } },
  { cmd: 'pingreq' },
  { cmd: 'pingresp' },
]

/** A packet with some of its bytes changed, or cut short. */
const damaged = fc
  .record({
    packet: fc.constantFrom(...packets),
    changes: fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 255 })), { maxLength: 2 }),
    cut: fc.option(fc.nat({ max: 12 }), { freq: 3, nil: null }),
  })
  .map(({ packet, changes, cut }) => {
    const bytes = Uint8Array.from(encode(packet))
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return cut === null ? bytes : bytes.subarray(0, cut)
  })

const script = fc.record({
  connack: fc.boolean(),
  damaged: fc.array(damaged, { minLength: 1, maxLength: 6 }),
})

/** Lives one connection: the broker says its bytes and ends. Resolves with the last event. */
async function live(connack: boolean, said: readonly Uint8Array[]): Promise<string[]> {
  const told: string[] = []
  let connection: ReturnType<typeof openMqtt> | null = null
  const listener = await listen((peer: BrokerPeer) => ({
    onPacket({ type }) {
      if (type !== 'connect') return
      if (connack) void peer.send({ type: 'connack', reasonCode: 0 })
      for (const bytes of said) void peer.sendBytes(bytes)
      void peer.end()
    },
    onOver: () => {},
  }))
  try {
    await new Promise<void>((resolve) => {
      const events: MqttClientEvents = {
        onConnected() {
          told.push('connected')
          connection?.subscribe(['a'])
          connection?.publish('d-1', 'a', 'x')
        },
        onRefused() {
          told.push('refused')
          resolve()
        },
        onSubscribed: () => told.push('subscribed'),
        onPublishAnswered: () => told.push('answered'),
        onMessage({ acknowledge }) {
          told.push('message')
          acknowledge(0x00)
        },
        onClosed() {
          told.push('closed')
          resolve()
        },
      }
      connection = openMqtt(
        {
          url: listener.url,
          timeoutMs: 10_000,
          clientId: 'cdv_a',
          username: 'u',
          cleanStart: true,
          sessionExpirySeconds: 0,
          will: null,
          keepAliveSeconds: 600,
          readPassword: () => 'p',
        },
        events,
      )
    })
    await new Promise((resolve) => setImmediate(resolve))
    return told
  } finally {
    await listener.stop()
  }
}

// What MQTT.js throws outside of a call of ours fails the run by itself: it would have ended the process.
test('CORE-3: whatever bytes a broker sends, the connection ends with one last event, and nothing is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(script, async ({ connack, damaged: said }) => {
      const told = await live(connack, said)
      expect(told.filter((event) => event === 'closed' || event === 'refused')).toHaveLength(1)
      expect(told.at(-1)).toMatch(/^(closed|refused)$/)
    }),
    { numRuns: Number(process.env.REALER_HOSTILE_RUNS ?? 200) },
  )
})
