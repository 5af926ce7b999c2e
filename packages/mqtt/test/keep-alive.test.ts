import type { MqttOutput } from '@realer-device/mqtt'
import { describe, expect, it } from 'vitest'
import { connack, connected, connecting, everyCall, hex } from './support.ts'

const PINGREQ: MqttOutput = { type: 'send', bytes: Uint8Array.of(0xc0, 0) }
const PINGRESP = hex('d0 00')
const KEEP_ALIVE_ON: MqttOutput = { type: 'setTimer', timer: 'keepAlive', delayMs: 45_000 }

describe('Keep alive', () => {
  it('MQTT-3.1.2-20 pings after three quarters of the keep alive, and waits for PINGRESP', () => {
    const session = connected()
    expect(session.timerFired('keepAlive')).toEqual([
      PINGREQ,
      { type: 'setTimer', timer: 'pingResponse', delayMs: 10_000 },
      KEEP_ALIVE_ON,
    ])
    expect(session.receive(PINGRESP)).toEqual([{ type: 'cancelTimer', timer: 'pingResponse' }])
    expect(session.timerFired('keepAlive')).toMatchObject([PINGREQ, {}, {}])
  })

  it('CONN-3 the keep alive of the server overrides ours', () => {
    const session = connecting({ keepAliveSeconds: 600 })
    expect(session.receive(connack({ serverKeepAlive: 8 }))).toContainEqual({
      type: 'setTimer',
      timer: 'keepAlive',
      delayMs: 6000,
    })
  })

  it('CONN-3 waiting for PINGRESP is never longer than the keep alive', () => {
    const session = connected({}, { keepAliveSeconds: 4, pingTimeoutMs: 60_000 })
    expect(session.timerFired('keepAlive')).toContainEqual({
      type: 'setTimer',
      timer: 'pingResponse',
      delayMs: 3000,
    })
  })

  it('MQTT 5 §3.1.2.10 a keep alive of 0 sets no timer, and none is set by sending', () => {
    const session = connecting({ keepAliveSeconds: 0 })
    const outputs = [
      ...session.receive(connack()),
      ...session.publish({ topic: 't', payload: '', delivery: 'd' }),
      ...session.receive(hex('40 02 0001')),
      ...session.publish({ topic: 't', payload: '', delivery: 'd' }),
    ]
    expect(outputs.filter(({ type }) => type === 'setTimer')).toEqual([])
    expect(session.timerFired('keepAlive')).toEqual([])
  })

  it('MQTT 5 §3.1.2.10 sending puts the ping off while the server is heard', () => {
    const session = connected()
    session.publish({ topic: 't', payload: '', delivery: 'd' })
    session.receive(hex('40 02 0001'))
    expect(session.publish({ topic: 't', payload: '', delivery: 'd' })).toMatchObject([
      { type: 'send' },
      KEEP_ALIVE_ON,
    ])
    session.receive(hex('32 06 0001 61 0001 00'))
    expect(session.acknowledge(1)).toMatchObject([{ type: 'send' }, KEEP_ALIVE_ON])
    session.receive(hex('30 04 0001 61 00'))
    expect(session.subscribe([{ topic: 't', qos: 0 }])).toMatchObject([{ type: 'send' }, KEEP_ALIVE_ON])
  })

  it('CONN-3 sending into silence does not put the ping off: a busy device finds a dead link too', () => {
    const session = connected()
    for (let count = 0; count < 3; count++) {
      expect(session.publish({ topic: 't', payload: '', delivery: 'd' })).toMatchObject([{ type: 'send' }])
    }
    expect(session.timerFired('keepAlive')).toMatchObject([PINGREQ, {}, {}])
  })

  const silence: MqttOutput[] = [
    // 0x8D is for servers to send (MQTT 5 section 3.14.2.1): a client has "Unspecified error" for it.
    { type: 'send', bytes: Uint8Array.of(0xe0, 2, 0x80, 0) },
    { type: 'close' },
    { type: 'closed', cause: 'keepAlive', reasonCode: 0x8d, detail: 'no PINGRESP in time' },
  ]

  it.each(['pingResponse', 'keepAlive'] as const)(
    'CONN-3 no PINGRESP until %s: the link is dead',
    (timer) => {
      const session = connected()
      session.timerFired('keepAlive')
      const outputs = session.timerFired(timer)
      expect(outputs.filter(({ type }) => type !== 'cancelTimer')).toEqual(silence)
      expect(outputs.filter(({ type }) => type === 'cancelTimer')).toEqual([
        { type: 'cancelTimer', timer: timer === 'keepAlive' ? 'pingResponse' : 'keepAlive' },
      ])
      expect(everyCall(session)).toEqual([])
    },
  )
})

describe('Waiting for CONNACK', () => {
  it('CONN-3 is bounded', () => {
    const session = connecting()
    expect(session.timerFired('connect')).toEqual([
      { type: 'close' },
      { type: 'closed', cause: 'connectTimeout', detail: 'no CONNACK in time' },
    ])
    expect(everyCall(session)).toEqual([])
  })

  it('CORE-4 a timer that is not set any more changes nothing', () => {
    const session = connected()
    expect(session.timerFired('connect')).toEqual([])
    expect(session.timerFired('pingResponse')).toEqual([])
    expect(session.timerFired('keepAlive')).toMatchObject([PINGREQ, {}, {}])
  })
})
