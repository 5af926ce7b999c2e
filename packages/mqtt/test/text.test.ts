import { createMqttSession, reasonName } from '@realer-device/mqtt'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connected, joined, packetsSent, utf8 } from './support.ts'

// Strings of any UTF-16 units, so with lone surrogates and U+0000 as well.
const strings = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
})

const almostUtf8 = fc
  .tuple(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 4 }), fc.string({ unit: 'binary' }))
  .map(([before, middle, after]) => joined(utf8(before), middle, utf8(after)))

function platformAccepts(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return !bytes.includes(0)
  } catch {
    return false
  }
}

/** Whether the session takes a PUBLISH with these bytes, at most 100 of them, as its content type. */
function sessionAccepts(bytes: Uint8Array): boolean {
  const properties = joined(Uint8Array.of(3 + bytes.length, 0x03, 0, bytes.length), bytes)
  const body = joined(Uint8Array.of(0, 1, 0x61), properties)
  const outputs = connected().receive(joined(Uint8Array.of(0x30, body.length), body))
  return outputs[0]?.type === 'message'
}

describe('MQTT 5 §1.5.4 UTF-8', () => {
  it('MQTT-1.5.4-1 MQTT-1.5.4-2 takes the bytes that the platform takes, less U+0000', () => {
    fc.assert(
      fc.property(fc.oneof(almostUtf8, fc.uint8Array({ maxLength: 6 })), (bytes) => {
        fc.pre(bytes.length <= 100)
        expect(sessionAccepts(bytes)).toBe(platformAccepts(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  it('MQTT-1.5.4-1 takes and refuses each first byte, and what may follow it, as the platform does', () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
    for (let first = 0; first < 0x100; first++) {
      for (const second of edges) {
        for (const rest of [[], [0x80], [0xbf, 0xbf], [0xbf, 0xc0]]) {
          const bytes = Uint8Array.of(first, second, ...rest)
          if (sessionAccepts(bytes) !== platformAccepts(bytes)) expect.fail(`differs for ${bytes}`)
        }
      }
    }
  })

  it('MQTT-1.5.4-1 sends strings as the platform encodes them', () => {
    fc.assert(
      fc.property(strings, (text) => {
        const outputs = connected().publish({ topic: 't', payload: text, delivery: 'd' })
        expect(packetsSent(outputs)).toMatchObject([{ payload: Buffer.from(utf8(text)) }])
      }),
    )
  })

  it('MQTT-1.5.4-1 MQTT-1.5.4-2 sends only strings that come out as they went in', () => {
    fc.assert(
      fc.property(strings, (clientId) => {
        const survives = new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8(clientId)) === clientId
        const create = () => createMqttSession({ clientId }).open()
        if (survives && !clientId.includes('\u0000'))
          expect(packetsSent(create())).toMatchObject([{ clientId }])
        else expect(create).toThrow(expect.objectContaining({ code: 'not-utf8' }))
      }),
    )
  })
})

describe('MQTT 5 §2.4 reason codes', () => {
  it('have the names of the standard', () => {
    expect(reasonName(0x00)).toBe('Success')
    expect(reasonName(0x87)).toBe('Not authorized')
    expect(reasonName(0xa2)).toBe('Wildcard Subscriptions not supported')
  })

  it('that are not defined are told as a number', () => {
    expect(reasonName(0x03)).toBe('Unknown reason code 0x03')
    expect(reasonName(0xff)).toBe('Unknown reason code 0xff')
  })
})
