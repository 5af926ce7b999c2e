import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url))

const FORBIDDEN_NAMES = [
  ['clock', /\bDate\b|\bperformance\b/],
  ['timer', /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\b/],
  ['randomness', /\bMath\s*\.\s*random\b|\bcrypto\b/],
  ['platform', /\b(?:process|Buffer|require|globalThis|window|self|console|fetch)\b/],
] as const

const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = { 'packets.ts': ['mqtt-packet'] }

/**
 * What a source does that a pure package must not. Comments and the text of strings are taken out first, but imports
 * are read before that, since a module's name is a string.
 */
function impurities(fileName: string, source: string): string[] {
  const found: string[] = []
  const code = withoutCommentsAndStrings(source, (text) => `'${text}'`)
  for (const [, specifier = ''] of code.matchAll(/\b(?:from|import)\s*\(?\s*'([^']*)'/g)) {
    const allowed = specifier.startsWith('./') || ALLOWED_IMPORTS[fileName]?.includes(specifier)
    if (!allowed) found.push(`imports ${specifier}`)
  }
  const names = withoutCommentsAndStrings(source, () => "''")
  for (const [what, pattern] of FORBIDDEN_NAMES) {
    const match = names.match(pattern)
    if (match) found.push(`${what}: ${match[0]}`)
  }
  return found
}

// One pass over comments and strings, whichever begins first. Of a template only the text goes: its `${…}` is code.
function withoutCommentsAndStrings(source: string, replaceString: (text: string) => string): string {
  return source.replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g,
    (_all, single?: string, double?: string, template?: string) => {
      if (template !== undefined)
        return [...template.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => ` ${code} `).join('')
      const text = single ?? double
      return text === undefined ? ' ' : replaceString(text)
    },
  )
}

describe('CORE-1 the sources', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )

  it('are found', () => {
    expect(files).toContain('session.ts')
  })

  it.each(files)('%s names no clock, timer, randomness or platform, and imports nothing of Node', (name) => {
    expect(impurities(name, readFileSync(`${SOURCES}${name}`, 'utf8'))).toEqual([])
  })
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
    expect(impurities('sample.ts', source)).toContain(fault)
  })

  it.each([
    '// Date.now() would be a clock',
    '/* Buffer */ const a = 1',
    "const text = 'process'",
    'const text = `Date`',
    "import { a } from './a.ts'",
    'const updated = preprocess(randomness)',
  ])('finds none in %s', (source) => {
    expect(impurities('sample.ts', source)).toEqual([])
  })
})
