import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ruleIds } from '@realer-device/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { producers } from '../src/producers/all.ts'
import { runProgram } from '../src/program.ts'
import { root } from './support/repository.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'realer-device-docs-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function docs(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = await runProgram(args, root, { out: (line) => out.push(line), err: (line) => err.push(line) })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

/** A report file with these tests in it. */
function report(...tests: { fullName: string; status: string }[]): string {
  const file = join(folder, 'report.json')
  const name = join(root, 'test/made-up.test.ts')
  writeFileSync(file, JSON.stringify({ testResults: [{ name, status: 'passed', assertionResults: tests }] }))
  return file
}

describe('pnpm documents', () => {
  it('--help names what each producer makes, the options and the exit codes', async () => {
    const { code, out } = await docs('--help')
    expect(code).toBe(0)
    for (const { name, makes } of producers) expect(out).toContain(`${name.padEnd(8)}${makes}`)
    for (const word of ['--check', '--report', '--only', '--json', 'Exit codes:']) expect(out).toContain(word)
  })

  it.each([
    ['an unknown option', ['--chek'], '--chek'],
    ['an unknown producer', ['--only', 'songs'], 'It must be one of charts, stories, rules'],
    ['an argument too many', ['all'], 'too many arguments'],
    ['a report that is not there', ['--check', '--only', 'rules', '--report', 'no.json'], 'no.json'],
  ])('ends with 2 for %s, and says which', async (_what, args, said) => {
    const { code, err } = await docs(...args)
    expect(code).toBe(2)
    expect(err).toContain(said)
  })

  it('--check ends with 1 and names every rule that the tests of a report do not cover', async () => {
    const file = report({ fullName: 'nothing', status: 'passed' })
    const { code, out, err } = await docs('--check', '--only', 'rules', '--report', file)
    expect(code).toBe(1)
    expect(out).toContain(': docs/rules.md')
    for (const id of ruleIds)
      expect(out).toMatch(new RegExp(`^not covered: ${id} lacks .*a breach test`, 'm'))
    expect(err).toContain('rules: docs/rules.md')
  })

  it('--json gives the outcome as one line, with the tests that failed', async () => {
    const file = report({ fullName: 'CORE-1 holds', status: 'failed' })
    const { code, out } = await docs('--check', '--only', 'rules', '--json', '--report', file)
    expect(code).toBe(1)
    const outcome = JSON.parse(out)
    expect(outcome.failures).toEqual(['test/made-up.test.ts: CORE-1 holds'])
    expect(outcome.problems).toHaveLength(ruleIds.length)
  })

  it('--only charts needs no tests, and --check ends with 0 where nothing differs', async () => {
    const { code, out } = await docs('--only', 'charts', '--check')
    expect(out).toMatch(/^\d+ generated files, 0 not up to date; 0 rules not covered$/)
    expect(code).toBe(0)
  })
})
