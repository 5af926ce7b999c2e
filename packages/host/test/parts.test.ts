import fc from 'fast-check'
import { expect, test } from 'vitest'
import { basicCredentials, formEncode } from '../src/basic.ts'
import { createTimers } from '../src/timers.ts'
import { decodeUtf8 } from '../src/utf8.ts'
import { createFakeClock } from './fake-platform.ts'

const text = fc.string({ unit: 'binary' })

test('form encoding is that of URLSearchParams (RFC 6749 appendix B)', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(`x=${formEncode(value)}`).toBe(new URLSearchParams({ x: value }).toString())
    }),
  )
})

test('Basic credentials are the Base64 of both form-encoded parts (RFC 6749 section 2.3.1)', () => {
  fc.assert(
    fc.property(text, text, (id, secret) => {
      const plain = Buffer.from(basicCredentials(id, secret), 'base64').toString()
      expect(plain).toBe(`${formEncode(id)}:${formEncode(secret)}`)
      expect(basicCredentials(id, secret)).toBe(Buffer.from(plain).toString('base64'))
    }),
  )
})

test('UTF-8 is decoded as a fatal TextDecoder does, byte order mark kept', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const expected = (bytes: Uint8Array): string | null => {
    try {
      return decoder.decode(bytes)
    } catch {
      return null
    }
  }
  fc.assert(
    fc.property(text, (value) => {
      expect(decodeUtf8(Buffer.from(value))).toBe(value)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
      expect(decodeUtf8(bytes)).toBe(expected(bytes))
    }),
    { numRuns: 2_000 },
  )
})

test('a timer never fires early on a clock that does, and may be longer than the clock allows', () => {
  const real = createFakeClock()
  const early = {
    now: real.now,
    setTimer: (delayMs: number, fire: () => void) => {
      if (delayMs > 2 ** 31 - 1) throw new Error('the delay overflows')
      return real.setTimer(delayMs * 0.9, fire)
    },
  }
  const timers = createTimers<'a'>(early)
  const fired: number[] = []
  const delayMs = 2 ** 32
  timers.set('a', delayMs, () => fired.push(real.now()))
  real.advance(delayMs - 1)
  expect(fired).toEqual([])
  real.advance(delayMs)
  expect(fired).toHaveLength(1)
  expect(fired[0]).toBeGreaterThanOrEqual(1_000 + delayMs)
})

test('setting a timer again replaces it, and a cancelled one is not heard', () => {
  const clock = createFakeClock()
  const timers = createTimers<'a' | 'b'>(clock)
  const fired: string[] = []
  timers.set('a', 10, () => fired.push('first'))
  timers.set('a', 20, () => fired.push('second'))
  timers.set('b', 5, () => fired.push('never'))
  timers.cancel('b')
  clock.advance(100)
  expect(fired).toEqual(['second'])
  expect(clock.running).toBe(0)
})
