import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, launchScript } from '../src/engine.ts'
import { makeBundle } from '../src/make-bundle.ts'
import { pageOf } from '../src/page.ts'
import { type Parts, runProgram } from '../src/program.ts'
import { readRecord, record, textOf } from '../src/record.ts'
import { load } from './support/bundle.ts'

/** Few stories are enough here: each engine of a test plays them all. */
const bundle = makeBundle(['command-executed.txt', 'token-endpoint-is-down.txt'])

/** This Node.js, in the role of an engine. */
function engine(id: string, changes: Partial<Engine> = {}): Engine {
  return {
    id,
    name: `Engine ${id}`,
    kind: 'V8',
    host: 'server',
    origin: { registry: 'npm', package: 'node', version: '1.0.0' },
    program: process.execPath,
    launch: launchScript('console.log'),
    ...changes,
  }
}

/** An engine that computes one thing in another way: the waits grow threefold (REC-2). */
const wrong = engine('wrong', {
  launch: ({ bundle: text, expression }) => {
    const changed = text.replace('2 ** doublings', '3 ** doublings')
    if (changed === text) throw new Error('the bundle has no backoff to change')
    return launchScript('console.log')({ bundle: changed, expression })
  },
})

const absent = engine('absent', {
  program: '/nowhere/engine',
  origin: { registry: 'Debian', package: 'some-engine' },
})

describe('the command', () => {
  let folder: string
  let files: Parts['files']
  let out: string[]
  let err: string[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'engines-test-'))
    files = { page: join(folder, 'engines.md'), record: join(folder, 'engines.json') }
    out = []
    err = []
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const run = (args: readonly string[], engines: Parts['engines']) =>
    runProgram(args, {
      engines,
      install: async () => {},
      makeBundle: () => bundle,
      files,
      out: (line) => out.push(line),
      err: (line) => err.push(line),
    })

  it('CORE-2: exits with 0 where every engine agrees, and shows what each has played', async () => {
    expect(await run(['--runs', '1', '--sample', '0'], [engine('one'), engine('two')])).toBe(0)
    expect(out).toEqual([
      expect.stringMatching(
        /^one +1\.0\.0 +\d+ stories, 1 of 1 random runs, \d+ steps {2}[0-9a-f]{12} {2}agrees$/,
      ),
      expect.stringMatching(
        /^two +1\.0\.0 +\d+ stories, 0 of 1 random runs, \d+ steps {2}[0-9a-f]{12} {2}agrees$/,
      ),
    ])
    expect(err.at(-1)).toBe('Not a run of everything: nothing was written.')
  })

  it('CORE-2 breach: exits with 1 where an engine disagrees, and names it, the run and the line', async () => {
    expect(await run(['--runs', '1'], [engine('one'), wrong])).toBe(1)
    expect(out[1]).toMatch(/DISAGREES$/)
    const told = err.join('\n')
    expect(told).toContain('Engine wrong does not do what Engine one does.')
    expect(told).toMatch(/first run that differs: [a-z0-9-]+; its first line that differs: \d+/)
    const [ours = '', theirs = ''] = err.slice(-2)
    expect(ours).toMatch(/^ {2}one: .*"delayMs":/)
    expect(theirs).toMatch(/^ {2}wrong: .*"delayMs":/)
    expect(theirs.replace('wrong', 'one')).not.toBe(ours)
  })

  it('gives one line of JSON where that is asked for', async () => {
    expect(await run(['--runs', '0', '--only', 'two', '--json'], [engine('one'), engine('two')])).toBe(0)
    const [line = ''] = out
    expect(JSON.parse(line)).toMatchObject({ engines: [{ engine: 'two', version: '1.0.0', agrees: true }] })
  })

  it('exits with 1 and names the command that installs it where an engine is missing', async () => {
    expect(await run(['--runs', '0'], [engine('one'), absent])).toBe(1)
    expect(err).toEqual([
      'engines: absent: Engine absent is not installed: apt-get install -y --no-install-recommends some-engine',
    ])
    expect(await run(['--runs', '0', '--allow-missing'], [engine('one'), absent])).toBe(0)
    expect(out).toHaveLength(1)
  })

  it('exits with 1 and the last words of an engine that fails', async () => {
    const failing = engine('failing', {
      launch: () => ({ files: {}, arguments: ['no-such-file.js'], answer: String }),
    })
    expect(await run(['--runs', '0'], [failing])).toBe(1)
    expect(err.join('\n')).toMatch(/^engines: failing: Error: it ended with 1[\s\S]*Cannot find module/)
  })

  it.each([
    [['--only', 'netscape'], 'netscape is none of one, two.'],
    [['--runs', '-1'], 'It must be a whole number, 0 or more.'],
    [['--sample', 'many'], 'It must be a whole number, 0 or more.'],
    [['--fast'], "unknown option '--fast'"],
    [['more'], 'too many arguments'],
  ])('exits with 2 for %j', async (args, message) => {
    expect(await run(args, [engine('one'), engine('two')])).toBe(2)
    expect(err.join('\n')).toContain(message)
  })

  it('shows its help', async () => {
    expect(await run(['--help'], [engine('one')])).toBe(0)
    expect(out.join('\n')).toContain('Usage: engines')
  })

  describe('--check', () => {
    const engines: Parts['engines'] = [engine('one')]
    const keep = async (change: (lines: string) => string = String) => {
      const { text, stories } = await bundle
      const corpus = load(text)
      const results = Array.from({ length: stories + 1 }, (_, index) => corpus.run(index))
      writeFileSync(files.record, change(textOf(record(engines, stories, results))))
      writeFileSync(files.page, pageOf(readRecord(files.record)))
    }

    it('exits with 0 where the page, its record and this run say the same', async () => {
      await keep()
      expect(await run(['--runs', '1', '--check'], engines)).toBe(0)
      expect(out.at(-1)).toBe('docs/engines.md is up to date')
    })

    it('exits with 1 where a run has other steps now', async () => {
      await keep((text) => text.replace(/(random-1 1000 )[0-9a-f]+/, '$1ffff'))
      expect(await run(['--runs', '1', '--check'], engines)).toBe(1)
      expect(err.at(-1)).toContain('out of date: the steps of random-1 are others')
    })

    it('exits with 1 where an engine has another version now, and where the page was written by hand', async () => {
      await keep()
      const newer = engine('one', { origin: { registry: 'npm', package: 'node', version: '1.0.1' } })
      expect(await run(['--runs', '1', '--check'], [newer])).toBe(1)
      expect(err.at(-1)).toContain('the engines are others')
      writeFileSync(files.page, `${readFileSync(files.page, 'utf8')}more\n`)
      expect(await run(['--runs', '1', '--check'], engines)).toBe(1)
      expect(err.at(-1)).toContain('it is not what is made from its record')
    })

    it('exits with 1 where there is no record', async () => {
      expect(await run(['--runs', '1', '--check'], engines)).toBe(1)
      expect(err.at(-1)).toContain('engines.json: ')
      writeFileSync(files.record, '{}')
      expect(await run(['--runs', '1', '--check'], engines)).toBe(1)
      expect(err.at(-1)).toContain('it is not a record of a run of the engines')
    })
  })
})
