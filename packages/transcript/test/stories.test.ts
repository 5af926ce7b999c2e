import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ruleIds } from '@realer-device/core'
import { parse, regenerate, replay, type TraceLine, traceOf } from '@realer-device/transcript'
import { describe, expect, it } from 'vitest'
import { readStory, storyFiles } from '../src/files.ts'

const stories = storyFiles().map((file) => {
  const [name, text] = [basename(file), readStory(file)]
  return { name, text, trace: traceOf(text, name) }
})
const titled = stories.map((story) => [story.name, story] as const)

describe('the stories hold', () => {
  it('CORE-2: there are at least 70 of them', () => {
    expect(stories.length).toBeGreaterThanOrEqual(70)
  })

  it.each(titled)('CORE-2: %s is what the machine does', (name, { text }) => {
    expect(regenerate(text, name)).toBe(text)
  })

  it('no two stories have one title', () => {
    const titles = stories.map(({ name, text }) => parse(text, name).title)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('every rule has a story, in its header or in the rules of a step', () => {
    const words = new Set(
      stories.flatMap(({ text }) =>
        text
          .split('\n')
          .filter((line) => /^(# Rules: | {2}(taken|ignored|stale), rules )/.test(line))
          .flatMap((line) => line.split(' ')),
      ),
    )
    expect(ruleIds.filter((rule) => !words.has(rule))).toEqual([])
  })

  it('every failure of the field has a story', () => {
    const told = new Set(stories.flatMap(({ name, text }) => parse(text, name).failures))
    const failures = Array.from({ length: 16 }, (_, index) => `F-${index + 1}`)
    expect(failures.filter((failure) => !told.has(failure))).toEqual([])
  })

  it('CRED-3, F-13: a secret stands in the answer that brings it, and nowhere else', () => {
    const secrets = ['demo-bearer-token', 'demo-credential', 'canary']
    const outputs = stories.map(({ name, text, trace }) => ({
      name,
      shown: text
        .split('\n')
        .filter((line) => line.startsWith('  '))
        .join('\n'),
      traced: JSON.stringify(trace),
    }))
    expect(stories.some(({ text }) => text.includes('canary'))).toBe(true)
    for (const { name, shown, traced } of outputs)
      for (const secret of secrets) {
        expect(shown.includes(secret), `${name} shows ${secret}`).toBe(false)
        expect(traced.includes(secret), `the trace of ${name} holds ${secret}`).toBe(false)
      }
  })
})

describe('CORE-2: determinism', () => {
  const replayFile = fileURLToPath(new URL('../src/replay.ts', import.meta.url))
  const ndjson = (lines: readonly TraceLine[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const replayed = (input: string) => {
    const child = spawnSync(process.execPath, ['--conditions=source', '--import', 'tsx', replayFile], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    expect(child.stderr).toBe('')
    return child.stdout
  }
  const traces = stories.map(({ trace }) => ndjson(trace))

  it('every trace, replayed in a second process from what came from outside, has the same bytes', () => {
    const output = replayed(traces.join(''))
    expect(output.length).toBeGreaterThan(100_000)
    expect(output === traces.join('')).toBe(true)
  })

  it('one event that was changed gives other bytes', () => {
    const trace = traceOf('# A\n# Rules: CORE-2\n# B.\n\n> online\n')
    const changed = trace.map((line) =>
      'event' in line && line.event?.type === 'tupleIssued'
        ? { ...line, event: { ...line.event, renewAfterMs: 1_000_000 } }
        : line,
    )
    expect(ndjson([...replay(trace)])).toBe(ndjson(trace))
    expect(ndjson([...replay(changed)])).not.toBe(ndjson(changed))
  })
})
