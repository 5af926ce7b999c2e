import { expect, test } from 'vitest'
import { asciiBytes, differenceOf, joinBytes, patternBytes, utf8Bytes } from '../src/bytes.ts'

test('utf8Bytes writes letters of one to four bytes as TextEncoder does', () => {
  for (const text of ['', 'a\u007f', '\u0080ü\u07ff', '\u0800✓\uffff', '🔔\u{10ffff}', 'a🔔ü✓b'])
    expect(utf8Bytes(text)).toEqual(new TextEncoder().encode(text))
})

test('differenceOf names the first byte that differs, or the lengths', () => {
  expect(differenceOf(asciiBytes('abc'), asciiBytes('abc'))).toBeNull()
  expect(differenceOf(asciiBytes('axc'), asciiBytes('abc'))).toContain('byte 1')
  expect(differenceOf(asciiBytes('ab'), asciiBytes('abc'))).toContain('2 bytes came')
  expect(differenceOf(asciiBytes('abcd'), asciiBytes('abc'))).toContain('4 bytes came')
})

test('patternBytes gives other bytes for another seed, and at another place', () => {
  expect(differenceOf(patternBytes(100, 1), patternBytes(100, 1))).toBeNull()
  expect(differenceOf(patternBytes(100, 1), patternBytes(100, 2))).not.toBeNull()
  const bytes = patternBytes(3_000_000, 1)
  const windows = new Set<string>()
  for (let at = 0; at + 16 <= bytes.length; at += 65_536) windows.add(bytes.subarray(at, at + 16).join())
  expect(windows.size).toBe(46)
  expect(joinBytes([bytes.subarray(0, 5), bytes.subarray(5, 9)])).toEqual(bytes.slice(0, 9))
})
