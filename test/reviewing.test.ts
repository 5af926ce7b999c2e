import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { callFailed, initial, readConfig, step } from '@realer-device/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExampleFolder, makeExampleFolder } from './support/example-folder.ts'
import { codeFiles, excerpts, outputs } from './support/readme.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** The documents whose examples are programs that print. */
const documents = ['docs/reviewing.md', 'packages/core/README.md']
let folder: ExampleFolder

beforeAll(async () => {
  folder = await makeExampleFolder()
  for (const document of documents) await folder.write(await codeFiles(`${root}${document}`))
}, 60_000)

afterAll(() => folder.remove())

async function printed(file: string): Promise<string> {
  const program = folder.run(file)
  expect(await program.ended).toBe(0)
  return program.lines.map((line) => `${line}\n`).join('')
}

describe.each(documents)('the examples of %s', (document) => {
  it('type-check, and print what the document says', async () => {
    const files = [...(await codeFiles(`${root}${document}`)).keys()].filter((file) => file !== 'judge.ts')
    expect(files.length).toBeGreaterThan(0)
    expect(await folder.typeCheck(files)).toBe('')
    const said = await outputs(`${root}${document}`)
    expect([...said.keys()]).toEqual(files)
    for (const file of files) expect(await printed(file)).toBe(said.get(file))
  }, 120_000)
})

describe('docs/reviewing.md', () => {
  it('quotes other documents as they are', async () => {
    const quoted = await excerpts(`${root}docs/reviewing.md`)
    expect([...quoted.keys()]).toEqual(['command.md', 'transcripts/ack-twice.txt'])
    for (const [document, text] of quoted)
      expect(await readFile(`${root}docs/${document}`, 'utf8')).toContain(text)
  })

  it('SAFE-1: a recorded trace is judged, and a breach in it is named', async () => {
    const trace = recordTrace()
    const record = async (lines: readonly object[]) =>
      folder.write(new Map([['trace.ndjson', lines.map((line) => `${JSON.stringify(line)}\n`).join('')]]))
    expect(await folder.typeCheck(['judge.ts'])).toBe('')
    await record(trace)
    expect(await printed('judge.ts')).toBe('')
    const silent = trace.map((line) => ({
      ...line,
      effects: line.effects.filter(({ type }) => type !== 'enterSafe'),
    }))
    await record(silent)
    expect(await printed('judge.ts')).toMatch(/^step 0 is against SAFE-1: /m)
  }, 120_000)
})

/** A short run of a real machine: the start, and a call that fails. */
function recordTrace() {
  const first = initial(readConfig({ deviceId: 12345 }), { now: 0, random: 0.5 })
  const event = callFailed({ call: 'call-1' }, 'network', 'no route to host')
  const second = step(first.state, { now: 120, random: 0.5, event })
  return [
    { n: 0, now: 0, event: null, effects: first.effects, verdict: first.verdict },
    { n: 1, now: 120, event, effects: second.effects, verdict: second.verdict },
  ]
}
