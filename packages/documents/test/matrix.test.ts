import { describe, expect, it } from 'vitest'
import { buildMatrix, type MatrixInput, uncovered } from '../src/matrix/matrix.ts'
import { writeMatrixPage } from '../src/matrix/matrix-page.ts'
import { readTestReport, type TestResult } from '../src/matrix/test-report.ts'
import { rulesOfTranscript } from '../src/matrix/transcript.ts'
import { parseSource } from '../src/source/read-sources.ts'
import { ruleComments, rulesIn, rulesNamed } from '../src/source/rule-comments.ts'

const test = (name: string, status: TestResult['status'] = 'passed', file = 'test/a.test.ts') => ({
  file,
  name,
  status,
})

const rule = { sources: 'S', sentence: 'A rule.' }

/** A rule that has all it needs. */
const covered: MatrixInput = {
  rules: { 'ONE-1': rule },
  transitions: [{ label: 'link.up: go → down', rules: ['ONE-1'] }],
  functions: [{ rule: 'ONE-1', path: 'packages/core/src/a.ts', name: 'act' }],
  transcripts: [{ name: 'a.txt', rules: ['ONE-1'] }],
  report: { tests: [test('ONE-1: it holds'), test('a breach of ONE-1 shows')] },
}

const lacks = (changes: Partial<MatrixInput>) => uncovered(buildMatrix({ ...covered, ...changes }))
const tests = (...list: TestResult[]) => ({ report: { tests: list } })

describe('a rule', () => {
  it('is covered by a transition or function, a holding test, a breach test and a transcript', () => {
    expect(lacks({})).toEqual([])
    expect(lacks({ transitions: [] })).toEqual([])
    expect(lacks({ functions: [] })).toEqual([])
  })

  it.each<[string, Partial<MatrixInput>, string]>([
    ['nothing in the sources', { transitions: [], functions: [] }, 'a transition or function'],
    ['no holding test', tests(test('a breach of ONE-1 shows')), 'a holding test'],
    ['no breach test', tests(test('ONE-1: it holds')), 'a breach test'],
    ['no transcript', { transcripts: [{ name: 'a.txt', rules: ['ONE-2'] }] }, 'a transcript'],
    ['a holding test that failed', tests(test('ONE-1', 'failed'), test('ONE-1 breach')), 'a holding test'],
    [
      'a breach test that was skipped',
      tests(test('ONE-1'), test('ONE-1 breach', 'skipped')),
      'a breach test',
    ],
    ['only another rule’s test', tests(test('ONE-12'), test('ONE-1 breach')), 'a holding test'],
    ['only a test with Mosquitto', tests(test('Mosquitto ONE-1'), test('ONE-1 breach')), 'a holding test'],
    [
      'only a test of what a machine may not have',
      tests(test('ONE-1 in Deno, where this machine has it'), test('ONE-1 breach')),
      'a holding test',
    ],
    ['a word that only begins with breach', tests(test('ONE-1 breaches'), test('ONE-1')), 'a breach test'],
  ])('is reported where it has %s', (_what, changes, lack) => {
    expect(lacks(changes)).toEqual([`ONE-1 lacks ${lack}`])
  })

  it('is reported with all that it lacks, and no other rule with it', () => {
    expect(lacks({ rules: { 'ONE-1': rule, 'TWO-1': rule } })).toEqual([
      'TWO-1 lacks a transition or function, a holding test, a breach test, a transcript',
    ])
  })

  it('knows a breach test by its word, in any case', () => {
    const [row] = buildMatrix({
      ...covered,
      ...tests(test('ONE-1 BREACH: no'), test('Breach, ONE-1'), test('ONE-1')),
    })
    expect(row?.breaches).toHaveLength(2)
    expect(row?.holding).toHaveLength(1)
  })
})

describe('the page', () => {
  const two: MatrixInput = { ...covered, rules: { 'ONE-1': rule, 'TWO-1': rule } }
  const page = (input: MatrixInput) => writeMatrixPage(buildMatrix(input))

  it('shows what carries a rule, and what lacks', () => {
    const text = page(two)
    expect(text).toContain('| [ONE-1](#one-1) | A rule. | S | 1 | 1 | 1 | 1 | 1 | — |')
    expect(text).toContain('- `link.up: go → down`')
    expect(text).toContain('- `act` in [packages/core/src/a.ts](../packages/core/src/a.ts)')
    expect(text).toContain('- [test/a.test.ts](../test/a.test.ts): 1')
    expect(text).toContain('- a breach of ONE-1 shows ([test/a.test.ts](../test/a.test.ts))')
    expect(text).toContain('- [a.txt](transcripts/a.txt)')
    expect(text).toContain('1 of 2 rules lack something')
  })

  it('is the same with and without Mosquitto, and in whatever order the tests ran', () => {
    const without = [
      test('ONE-1: it holds'),
      test('a breach of ONE-1 shows'),
      test('ONE-1 again', 'passed', 'test/b.test.ts'),
    ]
    const withIt = [test('behind the mosquitto broker ONE-1'), ...without].reverse()
    const skipped = [test('behind the mosquitto broker ONE-1', 'skipped'), ...without]
    const [one, another, third] = [without, withIt, skipped].map((list) =>
      page({ ...two, ...tests(...list) }),
    )
    expect(another).toBe(one)
    expect(third).toBe(one)
  })
})

describe('where rules are named', () => {
  const ids = ['DES-1', 'DES-2', 'DES-3', 'DES-4', 'DES-12', 'ACK-1']

  it('as words only, and in ranges of doc comments', () => {
    expect(rulesIn('DES-12, (ACK-1): xDES-3 F-11', ids)).toEqual(['DES-12', 'ACK-1'])
    expect(rulesNamed('Holds (DES-2 to DES-4, ACK-1).', ids)).toEqual(['DES-2', 'DES-3', 'DES-4', 'ACK-1'])
    expect(rulesIn('Holds DES-2 to DES-4.', ids)).toEqual(['DES-2', 'DES-4'])
  })

  it('in the doc comments of what a file exports', () => {
    const source = parseSource(
      'a.ts',
      `/** Of the file (DES-12). */

       import { x } from './x.ts'
       /** Takes it (DES-1). */
       export function take(): void {}
       /** Hidden (DES-2). */
       function hidden(): void {}
       // DES-3
       export const plain = 1
       /**
        * A shape
        * (DES-4).
        */
       export interface Shape { /** DES-2 */ readonly a: string }
       /** A class (ACK-1). */
       export class Box {}`,
    )
    expect(ruleComments([source], ids)).toEqual([
      { rule: 'DES-1', path: 'a.ts', name: 'take' },
      { rule: 'DES-4', path: 'a.ts', name: 'Shape' },
      { rule: 'ACK-1', path: 'a.ts', name: 'Box' },
    ])
  })

  it("in a transcript's header and beside its steps' verdicts, and nowhere else in it", () => {
    const text = [
      '# DES-1, and more',
      '> event ACK-1',
      '  taken, rules DES-2',
      '  stale, rules DES-3',
      '# also DES-4',
      '  → diagnose rule=DES-12 message="taken, rules DES-12"',
    ].join('\n')
    expect(rulesOfTranscript(text, ids)).toEqual(['DES-1', 'DES-2', 'DES-3', 'DES-4'])
  })
})

describe("vitest's report", () => {
  const json = (assertionResults: readonly object[], status = 'passed') =>
    JSON.stringify({ testResults: [{ name: '/home/x/test/a.test.ts', status, assertionResults }] })

  it('gives every test with its file from the root', () => {
    const text = json([
      { fullName: ' ONE-1 holds', status: 'passed' },
      { fullName: 'b', status: 'pending' },
      { fullName: 'c', status: 'failed' },
    ])
    expect(readTestReport(text, '/home/x', 'r.json').tests).toEqual([
      test('ONE-1 holds'),
      test('b', 'skipped'),
      test('c', 'failed'),
    ])
  })

  it('counts a file that could not be loaded as failed', () => {
    expect(readTestReport(json([], 'failed'), '/home/x', 'r.json').tests).toEqual([
      test('(the file itself)', 'failed'),
    ])
  })

  it.each(['{', '{}', '{"testResults":[{}]}', 'null'])('is refused where it is %s', (text) => {
    expect(() => readTestReport(text, '/', 'r.json')).toThrow(
      expect.objectContaining({ code: 'report-unreadable', field: 'r.json' }),
    )
  })
})
