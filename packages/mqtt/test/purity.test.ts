import { describe, expect, it } from 'vitest'
import { impurities, sourcesOf } from '../../../test/support/purity.ts'

const allowed = { 'packets.ts': ['mqtt-packet'] }

describe('CORE-1 the sources', () => {
  const sources = sourcesOf(new URL('../src/', import.meta.url))

  it('are found', () => {
    expect([...sources.keys()]).toContain('session.ts')
  })

  it.each([...sources])(
    '%s names no clock, timer, randomness or platform, and imports nothing of Node',
    (name, source) => {
      expect(impurities(name, source, allowed)).toEqual([])
    },
  )
})

describe('The scanner', () => {
  it.each([
    ["import { connect } from 'node:net'", 'imports node:net'],
    ['import fs from "fs"', 'imports fs'],
    ["import 'tls'", 'imports tls'],
    ["const net = await import('node:net')", 'imports node:net'],
    ["export * from 'node:dns'", 'imports node:dns'],
    ["import mqttPacket from 'mqtt-packet'", 'imports mqtt-packet'],
    ['const now = Date.now()', 'clock: Date'],
    ['performance.now()', 'clock: performance'],
    ['setTimeout(f, 1)', 'timer: setTimeout'],
    ['setInterval(f, 1)', 'timer: setInterval'],
    ['setImmediate(f)', 'timer: setImmediate'],
    ['queueMicrotask(f)', 'timer: queueMicrotask'],
    ['const x = Math.random()', 'randomness: Math.random'],
    ['crypto.randomUUID()', 'randomness: crypto'],
    ['process.env.DEBUG', 'platform: process'],
    ['Buffer.from([])', 'platform: Buffer'],
    ["const fs = require('fs')", 'platform: require'],
    [`const late = \`at \${Date.now()}\``, 'clock: Date'],
    ["const url = 'https://x' + Date.now() // 'now'", 'clock: Date'],
  ])('finds the fault of %s', (source, fault) => {
    expect(impurities('sample.ts', source, allowed)).toContain(fault)
  })

  it.each([
    '// Date.now() would be a clock',
    '/* Buffer */ const a = 1',
    "const text = 'process'",
    'const text = `Date`',
    "import { a } from './a.ts'",
    'const updated = preprocess(randomness)',
  ])('finds none in %s', (source) => {
    expect(impurities('sample.ts', source, allowed)).toEqual([])
  })
})
