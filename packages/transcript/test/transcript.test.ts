import { readdirSync, readFileSync } from 'node:fs'
import { inputs, parse, regenerate, replay, TranscriptError, traceOf } from '@realer-device/transcript'
import { describe, expect, it } from 'vitest'

const head = '# A title\n#\n# Rules: REN-1\n#\n# What happens.\n'

/** A story of these lines. */
function story(...lines: string[]): string {
  return `${head}\n${lines.join('\n')}\n`
}

/** The error that a story's text gives. */
function faultOf(text: string): TranscriptError {
  try {
    regenerate(text, 'a.txt')
  } catch (error) {
    if (error instanceof TranscriptError) return error
    throw error
  }
  throw new Error('the story was played')
}

describe('a transcript', () => {
  it('is the same after a second regeneration', () => {
    const once = regenerate(story('> online', '> report m-1 temperature "21.5"'))
    expect(regenerate(once)).toBe(once)
    expect(once).toContain('→ mqttPublish connection=')
  })

  it('keeps header and comments, and replaces what was recorded', () => {
    const text = story('# A comment.', '> start', '  nothing', '# The end.')
    const played = regenerate(text)
    expect(played.startsWith(head)).toBe(true)
    expect(played).toContain('# A comment.\n> start\n')
    expect(played.endsWith('\n\n# The end.\n')).toBe(true)
    expect(played).not.toContain('nothing')
  })

  it('CORE-2: a changed output line is noticed', () => {
    const recorded = regenerate(story('> start'))
    const changed = recorded.replace('timeoutMs=30000', 'timeoutMs=30001')
    expect(changed).not.toBe(recorded)
    expect(regenerate(changed)).toBe(recorded)
  })

  it('tells a configuration that is refused (AUTH-1)', () => {
    const played = regenerate(story('> configure {"apiUrl":"http://api.example.com"}'))
    expect(played).toContain('refused at the door: code=config-invalid field=apiUrl')
  })

  it('traces every step of a line that is printed in brief', () => {
    const [header, ...steps] = traceOf(story('> online'), 'docs/a.txt')
    expect(header).toMatchObject({ format: 'realer-device-trace', version: 1, story: 'a', run: 1 })
    expect(steps.map((step) => ('event' in step ? (step.event?.type ?? null) : ''))).toEqual([
      null,
      'tokenIssued',
      'catalogRead',
      'tupleIssued',
      'mqttConnected',
      'mqttSubscribed',
      'routeValueUnknown',
      'routeValueUnknown',
    ])
  })

  it('lets every timer fire that is due before the one it waits for', () => {
    const events = traceOf(story('> online', '> fires renewTuple')).flatMap((line) =>
      'event' in line ? [[line.now, line.event?.type]] : [],
    )
    expect(events.slice(-2)).toEqual([
      [60_000, 'timer.stableOnline'],
      [2_700_000, 'timer.renewTuple'],
    ])
  })

  it('CORE-6: begins a new run, with its snapshot, where the device is resumed', () => {
    const headers = traceOf(story('> online', '> persist', '> passes 5s', '> resume restarted')).filter(
      (line) => 'format' in line,
    )
    expect(headers).toMatchObject([
      { run: 1, resumed: null },
      { run: 2, resumed: { clock: 'restarted', snapshot: { deviceId: 12345 } } },
    ])
  })

  it('CORE-6: goes on with the run there is where a snapshot is refused', () => {
    const text = story('> online', '> persist', '> resume restarted {"version":2}', '> closed')
    const played = regenerate(text)
    expect(played).toContain('refused at the door: code=snapshot-unknown field=version')
    expect(played).toContain('mqttClosed connection=connection-9')
    const trace = traceOf(text)
    expect(trace.filter((line) => 'format' in line)).toHaveLength(1)
    expect([...replay(trace)]).toEqual(trace)
  })

  it('lets nothing fire while the host sleeps', () => {
    const events = traceOf(story('> online', '> sleeps 1h', '> closed network'))
    expect(events.at(-1)).toMatchObject({ now: 3_600_000, event: { type: 'mqttClosed' } })
  })
})

describe('a fault names file, line and word', () => {
  it.each([
    ['an unknown input', story('> strat'), 'word-unknown', 7, 'strat'],
    ['an unknown option', story('> online', '> tuple expire_in=60'), 'word-invalid', 8, 'expire_in=60'],
    ['a word too many', story('> online', '> stop shutdown now'), 'word-invalid', 8, 'now'],
    ['a word too few', story('> online', '> report m-1'), 'word-invalid', 8, 'route'],
    [
      'an option twice',
      story('> online', '> closed connection=a connection=b'),
      'word-invalid',
      8,
      'connection=b',
    ],
    ['a reason that is none', story('> online', '> closed 0x8'), 'word-invalid', 8, '0x8'],
    ['a duration without a unit', story('> online', '> passes 10'), 'word-invalid', 8, '10'],
    ['a timer that there is not', story('> online', '> fires lunch'), 'word-invalid', 8, 'lunch'],
    ['JSON without an end', story('> online', '> event {"type":'), 'word-invalid', 8, '{"type":'],
    ['text without an end', story('> online', '> report m-1 valve "open'), 'word-invalid', 8, '"open'],
    ['a random number of 1', story('> start random=1'), 'word-invalid', 7, 'random=1'],
    ['an input before the start', story('> closed'), 'not-playable', 7, 'start'],
    ['an answer to no call', story('> online', '> http 200 {}'), 'not-playable', 8, 'call'],
    ['a timer that does not run', story('> online', '> fires retryCall'), 'not-playable', 8, 'retryCall'],
    ['a line of another kind', story('start'), 'word-unknown', 7, 'start'],
    ['a header without rules', '# A title\n#\n# What happens.\n\n> start\n', 'head-invalid', 1, 'A title'],
    ['a rule that there is not', head.replace('REN-1', 'REN-9'), 'head-invalid', 3, 'REN-9'],
    [
      'a failure that there is not',
      `# A\n# Rules: REN-1\n# Failures: F-17\n# B.\n`,
      'head-invalid',
      3,
      'F-17',
    ],
    ['a header that tells nothing', '# A title\n# Rules: REN-1\n', 'head-invalid', 1, 'A title'],
  ])('%s', (_, text, code, line, word) => {
    const fault = faultOf(text)
    expect(fault).toMatchObject({ code, file: 'a.txt', line, field: word })
    expect(fault.message).toContain(`a.txt:${line}: ${JSON.stringify(word)}`)
  })
})

describe('the vocabulary', () => {
  it('stands in the README, word for word', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| `([a-z-]+)(.*?)` +\| (.*?) +\|$/gm)].map(
      ([, word, usage, meaning]) => [word, { usage: usage?.trim().replaceAll('\\|', '|'), meaning }],
    )
    expect(rows).toEqual([...inputs].map(([word, { usage, meaning }]) => [word, { usage, meaning }]))
  })

  it('takes an empty story', () => {
    expect(parse(head, 'docs/one-story.txt')).toMatchObject({
      name: 'one-story',
      title: 'A title',
      rules: ['REN-1'],
      failures: [],
    })
  })
})

describe('the layers of the package', () => {
  it('only what reads files and standard input imports Node', () => {
    const source = new URL('../src/', import.meta.url)
    const importing = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter(
        (file) => file.endsWith('.ts') && /from 'node:/.test(readFileSync(new URL(file, source), 'utf8')),
      )
      .sort()
    expect(importing).toEqual(['files.ts', 'main.ts', 'replay.ts'])
  })
})
