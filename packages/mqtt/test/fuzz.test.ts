import type { MqttOutput } from '@realer-device/mqtt'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { INBOUND_CASES } from './inbound-cases.ts'
import { connected, connecting, everyCall, joined } from './support.ts'

// Bytes that look like packets reach further than noise does: real packets, cut, joined, and with bytes changed.
const packetLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(...INBOUND_CASES.map(({ bytes }) => bytes).filter((bytes) => bytes.length < 200)),
      fc.uint8Array({ maxLength: 12 }),
      fc
        .tuple(
          fc.constantFrom(0x20, 0x30, 0x32, 0x3a, 0x40, 0x90, 0xd0, 0xe0),
          fc.uint8Array({ maxLength: 40 }),
        )
        .map(([type, body]) => Uint8Array.of(type, body.length, ...body)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => joined(...parts))

const mutated = fc
  .tuple(packetLike, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }))
  .map(([bytes, changes]) => {
    const copy = bytes.slice()
    for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte
    return copy
  })

function expectOneEnd(outputs: readonly MqttOutput[]): void {
  const ends = outputs.filter(({ type }) => type === 'closed')
  expect(ends.length).toBeLessThanOrEqual(1)
  if (ends.length === 1) expect(outputs.at(-1)?.type).toBe('closed')
}

describe('CORE-3 whatever a server sends', () => {
  it.each([
    ['before CONNACK', connecting],
    ['after CONNACK', connected],
  ])('%s, no call throws, and the session ends at most once', (_when, begin) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(mutated, fc.uint8Array())), (chunks) => {
        const session = begin()
        session.publish({ topic: 't', payload: 'p', delivery: 'd' })
        session.subscribe([{ topic: 't', qos: 1 }])
        const outputs = chunks.flatMap((chunk) => session.receive(chunk))
        expectOneEnd(outputs)
        const rest = everyCall(session)
        expectOneEnd([...outputs, ...rest])
        expect([...outputs, ...rest].filter(({ type }) => type === 'closed')).toHaveLength(1)
      }),
      { numRuns: 3000 },
    )
  })

  it('the outputs do not depend on the chunks', () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        const whole = connected()
        const bytewise = connected()
        expect([...bytes].flatMap((byte) => bytewise.receive(Uint8Array.of(byte)))).toEqual(
          whole.receive(bytes),
        )
      }),
      { numRuns: 2000 },
    )
  })
})

describe('CORE-3 whatever a host calls', () => {
  const calls = fc.constantFrom(
    'open',
    'connack',
    'puback',
    'message',
    'subscribe',
    'publish',
    'acknowledge',
    'connect',
    'keepAlive',
    'pingResponse',
    'pingresp',
    'disconnect',
    'linkClosed',
  )

  it('timers that fire were set, every timer is off at the end, and nothing follows closed', () => {
    fc.assert(
      fc.property(fc.array(calls, { maxLength: 30 }), (script) => {
        const session = connecting()
        const timers = new Set<string>(['connect'])
        const outputs: MqttOutput[] = []
        for (const call of script) {
          if (call === 'connect' || call === 'keepAlive' || call === 'pingResponse') {
            const answer = session.timerFired(call)
            if (!timers.delete(call)) expect(answer).toEqual([])
            outputs.push(...answer)
            track(timers, answer)
          } else {
            const answer = perform(session, call)
            outputs.push(...answer)
            track(timers, answer)
          }
        }
        expectOneEnd(outputs)
        if (outputs.at(-1)?.type === 'closed') expect([...timers]).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })
})

function perform(session: ReturnType<typeof connecting>, call: string): MqttOutput[] {
  switch (call) {
    case 'open':
      return session.open()
    case 'connack':
      return session.receive(Uint8Array.of(0x20, 3, 0, 0, 0))
    case 'puback':
      return session.receive(Uint8Array.of(0x40, 2, 0, 1))
    case 'message':
      return session.receive(Uint8Array.of(0x32, 6, 0, 1, 0x61, 0, 1, 0))
    case 'pingresp':
      return session.receive(Uint8Array.of(0xd0, 0))
    case 'subscribe':
      return session.subscribe([{ topic: 't', qos: 1 }])
    case 'publish':
      return session.publish({ topic: 't', payload: '', delivery: 'd' })
    case 'acknowledge':
      return session.acknowledge(1)
    case 'disconnect':
      return session.disconnect()
    default:
      return session.linkClosed()
  }
}

function track(timers: Set<string>, outputs: readonly MqttOutput[]): void {
  for (const output of outputs) {
    if (output.type === 'setTimer') timers.add(output.timer)
    if (output.type === 'cancelTimer') timers.delete(output.timer)
  }
}
