import type { MqttSubscription } from '@realer-device/mqtt'
import { describe, expect, it } from 'vitest'
import { connected, connecting, encode, packetsSent } from './support.ts'

describe('Subscribing', () => {
  it('SUB-1 MQTT 5 §3.8 sends one SUBSCRIBE for the topics', () => {
    const outputs = connected().subscribe([
      { topic: 'acks', qos: 1 },
      { topic: 'a/+/b/#', qos: 0 },
    ])
    expect(packetsSent(outputs)).toMatchObject([
      {
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [
          { topic: 'acks', qos: 1 },
          { topic: 'a/+/b/#', qos: 0 },
        ],
      },
    ])
  })

  it('MQTT-3.8.4-2 each SUBACK is matched by its packet identifier, and frees it', () => {
    const session = connected()
    session.subscribe([{ topic: 'one', qos: 1 }])
    session.subscribe([{ topic: 'two', qos: 1 }])
    const suback = (messageId: number) => session.receive(encode({ cmd: 'suback', messageId, granted: [1] }))
    expect(suback(2)).toEqual([{ type: 'subscribed', grants: [{ topic: 'two', reasonCode: 1 }] }])
    expect(suback(1)).toEqual([{ type: 'subscribed', grants: [{ topic: 'one', reasonCode: 1 }] }])
    expect(suback(1)).toMatchObject([{ type: 'send' }, { type: 'close' }, {}, { cause: 'protocolError' }])
  })

  it('MQTT 5 §2.2.1 packet identifiers of SUBSCRIBE are used again once SUBACK came', () => {
    const session = connected()
    for (let count = 0; count <= 65_535; count++) {
      const packetId = (count % 65_535) + 1
      session.subscribe([{ topic: 't', qos: 1 }])
      session.receive(Uint8Array.of(0x90, 4, packetId >> 8, packetId & 0xff, 0, 1))
    }
    expect(packetsSent(session.subscribe([{ topic: 't', qos: 1 }]))).toMatchObject([{ messageId: 2 }])
  })

  const refusals: [string, string, MqttSubscription[]][] = [
    ['no-subscriptions', 'MQTT-3.8.3-2 no topic', []],
    ['topic-invalid', 'MQTT-4.7.3-1 an empty topic', [{ topic: '', qos: 1 }]],
    ['topic-invalid', 'MQTT-4.7.1-1 # before the end', [{ topic: 'a/#/b', qos: 1 }]],
    ['topic-invalid', 'MQTT-4.7.1-1 # within a level', [{ topic: 'a#', qos: 1 }]],
    ['topic-invalid', 'MQTT-4.7.1-2 + within a level', [{ topic: 'a+/b', qos: 1 }]],
    ['topic-invalid', 'MQTT-4.7.3-2 U+0000', [{ topic: 'a\u0000', qos: 1 }]],
    ['qos-invalid', 'MQTT 5 §3.8.3.1 QoS 2', [{ topic: 'a', qos: 2 as 1 }]],
    ['wildcards-not-supported', 'CONN-5 wildcards the server does not take', [{ topic: 'a/#', qos: 1 }]],
    [
      'shared-subscriptions-not-supported',
      'CONN-5 sharing the server does not take',
      [{ topic: '$share/a/b', qos: 1 }],
    ],
    ['packet-too-large', 'CONN-5 a packet the server does not take', [{ topic: 'x'.repeat(100), qos: 1 }]],
  ]

  it.each(refusals)('%s: %s', (code, _title, subscriptions) => {
    const session = connected({
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      maximumPacketSize: 100,
    })
    expect(session.subscribe(subscriptions)).toMatchObject([{ type: 'callRefused', call: 'subscribe', code }])
    expect(packetsSent(session.subscribe([{ topic: 'fine', qos: 1 }]))).toMatchObject([{ cmd: 'subscribe' }])
  })

  it('CORE-5 a refused SUBSCRIBE keeps no packet identifier', () => {
    const session = connected({ maximumPacketSize: 100 })
    for (let count = 0; count < 65_535; count++) session.subscribe([{ topic: 'x'.repeat(100), qos: 1 }])
    expect(packetsSent(session.subscribe([{ topic: 't', qos: 1 }]))).toMatchObject([{ cmd: 'subscribe' }])
  })

  it('CORE-5 at most 64 SUBSCRIBEs wait for their SUBACK', () => {
    const session = connected()
    for (let count = 0; count < 64; count++) {
      expect(session.subscribe([{ topic: 't', qos: 1 }])).toMatchObject([{ type: 'send' }])
    }
    expect(session.subscribe([{ topic: 't', qos: 1 }])).toMatchObject([{ code: 'too-many-pending' }])
    session.receive(encode({ cmd: 'suback', messageId: 1, granted: [1] }))
    expect(session.subscribe([{ topic: 't', qos: 1 }])).toMatchObject([
      { type: 'send' },
      { type: 'setTimer' },
    ])
  })

  it('CORE-3 before CONNACK nothing is subscribed to', () => {
    expect(connecting().subscribe([{ topic: 't', qos: 1 }])).toMatchObject([
      { type: 'callRefused', call: 'subscribe', code: 'not-connected' },
    ])
  })
})
