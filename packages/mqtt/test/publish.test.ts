import type { MqttOutput, MqttSession } from '@realer-device/mqtt'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connected, connecting, encode, hex, packetsSent, utf8 } from './support.ts'

function publish(session: MqttSession, delivery: string, payload: Uint8Array | string = 'p', topic = 't') {
  return session.publish({ topic, payload, delivery })
}

function puback(messageId: number): Uint8Array {
  return encode({ cmd: 'puback', messageId, reasonCode: 0 })
}

function packetIds(outputs: readonly MqttOutput[]): (number | undefined)[] {
  return packetsSent(outputs).map(({ messageId }) => messageId)
}

describe('Publishing', () => {
  it('PUB-1 is QoS 1, never retained', () => {
    expect(packetsSent(publish(connected(), 'd', 'hé', 'a/b'))).toMatchObject([
      {
        cmd: 'publish',
        qos: 1,
        retain: false,
        dup: false,
        topic: 'a/b',
        payload: Buffer.from('hé'),
        messageId: 1,
      },
    ])
  })

  it('MQTT 5 §3.3 sends any payload of bytes or text as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' })), (payload) => {
        const bytes = typeof payload === 'string' ? utf8(payload) : payload
        expect(packetsSent(publish(connected(), 'd', payload))).toMatchObject([
          { payload: Buffer.from(bytes) },
        ])
      }),
    )
  })

  it('PUB-2 PUBACK brings the caller’s own id back, and frees the packet identifier', () => {
    const session = connected({ receiveMaximum: 1 })
    publish(session, 'first')
    expect(session.receive(puback(1))).toEqual([{ type: 'published', delivery: 'first', reasonCode: 0 }])
    expect(packetIds(publish(session, 'second'))).toEqual([2])
  })

  it('PUB-8 there are never more unacknowledged messages than the receive maximum of the server', () => {
    const session = connected({ receiveMaximum: 2 })
    publish(session, 'a')
    publish(session, 'b')
    expect(publish(session, 'c')).toEqual([
      {
        type: 'publishRefused',
        delivery: 'c',
        code: 'receive-maximum-exceeded',
        detail: '2 messages wait for their PUBACK',
      },
    ])
    session.receive(puback(2))
    expect(packetIds(publish(session, 'c'))).toEqual([3])
    expect(publish(session, 'd')).toMatchObject([{ code: 'receive-maximum-exceeded' }])
  })

  // The remaining length has one byte more from 128, 16384 and 2097152 on.
  it.each([50, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
    'PUB-8 a packet with remaining length %i is sent where the server takes exactly its size, and refused below that',
    (remainingLength) => {
      const payload = new Uint8Array(remainingLength - (2 + 3) - 2 - 1)
      const [output] = publish(connected(), 'd', payload, 'é1')
      const size = output?.type === 'send' ? output.bytes.length : Number.NaN
      expect(publish(connected({ maximumPacketSize: size }), 'd', payload, 'é1')).toMatchObject([
        { type: 'send' },
      ])
      expect(publish(connected({ maximumPacketSize: size - 1 }), 'd', payload, 'é1')).toEqual([
        {
          type: 'publishRefused',
          delivery: 'd',
          code: 'packet-too-large',
          detail: `${size} bytes, the server takes ${size - 1}`,
        },
      ])
    },
  )

  it('PUB-8 a packet that is too large takes no packet identifier and no place', () => {
    const session = connected({ maximumPacketSize: 30, receiveMaximum: 1 })
    expect(publish(session, 'big', 'x'.repeat(30))).toEqual([
      {
        type: 'publishRefused',
        delivery: 'big',
        code: 'packet-too-large',
        detail: '38 bytes, the server takes 30',
      },
    ])
    expect(packetIds(publish(session, 'small'))).toEqual([1])
  })

  it('PUB-8 too large is told before too many: waiting would not help', () => {
    const session = connected({ maximumPacketSize: 30, receiveMaximum: 1 })
    publish(session, 'a')
    expect(publish(session, 'b', 'x'.repeat(30))).toMatchObject([{ code: 'packet-too-large' }])
  })

  it('CONN-5 nothing is published where the server takes QoS 0 only', () => {
    const session = connecting()
    session.receive(hex('20 05 00 00 02 24 00'))
    expect(publish(session, 'd')).toEqual([
      {
        type: 'publishRefused',
        delivery: 'd',
        code: 'qos-not-supported',
        detail: 'the server takes QoS 0 only',
      },
    ])
  })

  it.each(['', 'a/+', '#', 'a\u0000', '\ud800', 'é'.repeat(32_768)])(
    'MQTT-3.3.2-2 refuses the topic %j',
    (topic) => {
      expect(publish(connected(), 'd', 'p', topic)).toMatchObject([
        { type: 'publishRefused', delivery: 'd', code: 'topic-invalid' },
      ])
    },
  )

  it('CORE-3 before CONNACK a message is refused, and nothing is sent', () => {
    expect(publish(connecting(), 'd')).toEqual([
      { type: 'publishRefused', delivery: 'd', code: 'not-connected', detail: 'no CONNACK yet' },
    ])
  })

  it('MQTT 5 §2.2.1 packet identifiers wrap around from 65535 to 1, past the ones in use', () => {
    const session = connected()
    publish(session, 'stays')
    for (let packetId = 2; packetId <= 65_535; packetId++) {
      publish(session, 'goes')
      session.receive(puback(packetId))
    }
    expect(packetIds(publish(session, 'wrapped'))).toEqual([2])
  })

  it('MQTT 5 §2.2.1 when all packet identifiers are in use, a message is refused', () => {
    const session = connected()
    session.subscribe([{ topic: 't', qos: 1 }])
    for (let count = 0; count < 65_533; count++) publish(session, 'd', '')
    expect(packetIds(publish(session, 'd', ''))).toEqual([65_535])
    expect(publish(session, 'last')).toMatchObject([{ type: 'publishRefused', code: 'no-packet-id' }])
    expect(session.subscribe([{ topic: 'u', qos: 1 }])).toMatchObject([{ code: 'no-packet-id' }])
  })
})

describe('Acknowledging inbound messages', () => {
  const message = hex('32 06 0001 61 0007 00')

  it('MQTT 5 §3.4.2 PUBACK has the packet identifier, and the reason code where there is one', () => {
    const session = connected()
    session.receive(message)
    expect(packetsSent(session.acknowledge(7))).toMatchObject([
      { cmd: 'puback', messageId: 7, reasonCode: 0 },
    ])
    session.receive(message)
    expect(packetsSent(session.acknowledge(7, 0x99))).toMatchObject([{ messageId: 7, reasonCode: 0x99 }])
  })

  it('MQTT 5 §4.9 acknowledging makes room under our receive maximum', () => {
    const session = connected({}, { receiveMaximum: 1 })
    for (let round = 0; round < 3; round++) {
      expect(session.receive(message)).toMatchObject([{ type: 'message', packetId: 7 }])
      session.acknowledge(7)
    }
  })

  it('CORE-3 an acknowledgement that does not fit is refused, and the message still waits', () => {
    const session = connected()
    session.receive(message)
    expect(session.acknowledge(8)).toMatchObject([
      { type: 'callRefused', call: 'acknowledge', code: 'unknown-packet-id' },
    ])
    expect(session.acknowledge(7, 0x8e)).toMatchObject([{ call: 'acknowledge', code: 'reason-code-invalid' }])
    expect(session.acknowledge(7)).toMatchObject([{ type: 'send' }, { type: 'setTimer' }])
    expect(session.acknowledge(7)).toMatchObject([{ code: 'unknown-packet-id' }])
    expect(connecting().acknowledge(7)).toMatchObject([{ call: 'acknowledge', code: 'not-connected' }])
  })

  it('MQTT-3.2.2-15 a PUBACK larger than the server takes is not sent', () => {
    const session = connected({ maximumPacketSize: 4 })
    session.receive(message)
    expect(session.acknowledge(7, 0x80)).toMatchObject([{ call: 'acknowledge', code: 'packet-too-large' }])
    expect(packetsSent(session.acknowledge(7))).toMatchObject([{ cmd: 'puback' }])
  })
})
