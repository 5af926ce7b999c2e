import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'transcripts-'))
const file = join(folder, 'a-story.txt')

afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the program as its users do. */
function run(...args: string[]) {
  const child = spawnSync(process.execPath, ['--conditions=source', '--import', 'tsx', main, ...args], {
    encoding: 'utf8',
  })
  return { code: child.status, out: child.stdout, err: child.stderr }
}

describe('the program', () => {
  it('records a story in place, finds it right, and names what differs', () => {
    writeFileSync(file, '# A story\n#\n# Rules: AUTH-2\n#\n# What happens.\n\n> start\n')
    expect(run(file)).toEqual({ code: 0, out: '1 stories, 1 recorded anew\n', err: '' })
    const recorded = readFileSync(file, 'utf8')
    expect(recorded).toContain('  → call call=call-1 purpose=token')
    expect(run('--check', file)).toEqual({ code: 0, out: '1 stories, 0 differ\n', err: '' })

    writeFileSync(file, recorded.replace('call=call-1', 'call=call-7'))
    const { code, out } = run('--check', file)
    expect(code).toBe(1)
    expect(out).toContain('a-story.txt as recorded')
    expect(out).toMatch(/\n- {2}→ call call=call-7 .*\n\+ {2}→ call call=call-1 /s)
    expect(readFileSync(file, 'utf8')).toContain('call=call-7')
  })

  it('prints the steps as NDJSON', () => {
    const lines = run('--json', file).out.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { format: 'realer-device-trace', version: 1, story: 'a-story' },
      { n: 0, event: null, verdict: 'taken' },
    ])
  })

  it('tells a fault in one line', () => {
    const bad = join(folder, 'bad.txt')
    writeFileSync(bad, '# A story\n#\n# Rules: AUTH-2\n#\n# What happens.\n\n> strat\n')
    const { code, err } = run(bad, join(folder, 'missing.txt'))
    expect(code).toBe(2)
    expect(err.split('\n')).toHaveLength(3)
    expect(err).toContain('bad.txt:7: "strat": no such input')
    expect(err).toContain('missing.txt')
  })
})
