import { expect, test } from 'vitest'
import { retryAfterSeconds } from '../src/retry-after.ts'

test.each([
  [undefined, null],
  [null, null],
  ['120', 120],
  ['0', 0],
  ['Wed, 29 Apr 2026 10:00:30 GMT', 30],
  ['Wed, 29 Apr 2026 09:00:00 GMT', 0],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['Sometime', null],
  ['2026-04-29', null],
])('Retry-After %j is %j seconds (RFC 9110 section 10.2.3)', (header, seconds) => {
  expect(retryAfterSeconds(header, Date.parse('2026-04-29T10:00:00Z'))).toBe(seconds)
})
