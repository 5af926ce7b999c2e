import type { MqttOutput, MqttSession } from '@realer-device/mqtt'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { INBOUND_CASES, type InboundCase } from './inbound-cases.ts'
import { everyCall } from './support.ts'

function feed(session: MqttSession, chunks: readonly Uint8Array[]): MqttOutput[] {
  return chunks.flatMap((chunk) => session.receive(chunk))
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...[...places].sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}

function chunkings({ bytes }: InboundCase): fc.Arbitrary<Uint8Array[]> {
  return fc.array(fc.nat(bytes.length), { maxLength: 6 }).map((places) => cut(bytes, places))
}

describe.each(INBOUND_CASES)('$title', (inboundCase) => {
  const { begin, bytes, expected } = inboundCase

  it('fed whole', () => {
    expect(feed(begin(), [bytes])).toEqual(expected)
  })

  it('fed byte by byte', () => {
    expect(feed(begin(), cut(bytes, [...bytes.keys()]))).toEqual(expected)
  })

  it('fed in any chunks', () => {
    fc.assert(
      fc.property(chunkings(inboundCase), (chunks) => {
        expect(feed(begin(), chunks)).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  })
})

describe('CORE-3 after closed every call answers nothing', () => {
  it.each(INBOUND_CASES.filter(({ expected }) => expected.at(-1)?.type === 'closed'))(
    '$title',
    ({ begin, bytes }) => {
      const session = begin()
      session.receive(bytes)
      expect(everyCall(session)).toEqual([])
    },
  )
})
