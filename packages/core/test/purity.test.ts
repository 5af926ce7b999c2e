import { describe, expect, it } from 'vitest'
import { impurities, sourcesOf } from '../../../test/support/purity.ts'

const allowed = { '*': ['xstate', 'valibot'] }

describe('CORE-1 the sources', () => {
  const sources = sourcesOf(new URL('../src/', import.meta.url))

  it('are found', () => {
    expect([...sources.keys()]).toEqual(expect.arrayContaining(['step.ts', 'session/machine.ts']))
  })

  it.each([...sources])(
    '%s names no clock, timer, randomness or platform, and imports nothing else',
    (name, source) => {
      expect(impurities(name, source, allowed)).toEqual([])
    },
  )
})

describe('CORE-1 the scanner', () => {
  it.each([
    ["import { v4 } from 'uuid'", 'imports uuid'],
    ["import { createActor } from 'xstate/graph'", 'imports xstate/graph'],
    ["import { connect } from 'node:net'", 'imports node:net'],
    ["import { x } from '../../mqtt/src/index.ts'", 'imports ../../mqtt/src/index.ts'],
    ['const now = Date.now()', 'clock: Date'],
    ['performance.now()', 'clock: performance'],
    ['setTimeout(f, 1)', 'timer: setTimeout'],
    ['queueMicrotask(f)', 'timer: queueMicrotask'],
    ['Math.random()', 'randomness: Math.random'],
    ["Math['random']()", 'randomness: Math['],
    ['crypto.randomUUID()', 'randomness: crypto'],
    ['process.env.X', 'platform: process'],
    ['Buffer.from([])', 'platform: Buffer'],
    ["fetch('x')", 'platform: fetch'],
    ["new URL('x')", 'platform: URL'],
    ['new TextEncoder()', 'platform: TextEncoder'],
    ['console.log(1)', 'platform: console'],
    ['structuredClone(a)', 'platform: structuredClone'],
    ['globalThis.x', 'platform: globalThis'],
    [`const late = \`at \${Date.now()}\``, 'clock: Date'],
  ])('finds the fault of %s', (source, fault) => {
    expect(impurities('session/sample.ts', source, allowed)).toContain(fault)
  })

  it.each([
    "import { setup } from 'xstate'",
    "import * as v from 'valibot'",
    "import { a } from './a.ts'",
    "import { a } from '../json.ts'",
    '// Date.now() would be a clock',
    "const text = 'process'",
    'Math.min(1, 2)',
  ])('finds none in %s', (source) => {
    expect(impurities('session/sample.ts', source, allowed)).toEqual([])
  })
})
