import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generate, type Outcome } from '../src/generate.ts'
import type { Producer } from '../src/producer.ts'
import { charts } from '../src/producers/charts.ts'
import { context, root } from './support/repository.ts'

const check = (given: { root: string }, producers: readonly Producer[] = [charts], write = false) =>
  generate({ ...context, ...given, producers, write, progress: () => {} })

const stale = ({ files }: Outcome) => files.filter(({ state }) => state !== 'same')

describe("the charts' documents", () => {
  it('are up to date: if not, `pnpm documents --only charts` writes them', async () => {
    const outcome = await check({ root })
    expect(outcome.files.length).toBeGreaterThan(10)
    expect(stale(outcome)).toEqual([])
  })
})

describe('a copy of them', () => {
  let copy: string
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'realer-device-documents-'))
    for (const folder of ['docs', 'packages/core/src'])
      cpSync(join(root, folder), join(copy, folder), { recursive: true })
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  it('is out of date where a file was changed, is gone or is left over, until it is written again', async () => {
    const [page = '', picture = ''] = (await check({ root: copy })).files.map(({ path }) => path)
    writeFileSync(join(copy, page), `${readFileSync(join(copy, page), 'utf8')}more`)
    rmSync(join(copy, picture))
    writeFileSync(join(copy, 'docs/diagrams/old.svg'), '<svg/>')
    const wrong = [
      { path: page, state: 'differs' },
      { path: picture, state: 'missing' },
      { path: 'docs/diagrams/old.svg', state: 'left over' },
    ]
    expect(stale(await check({ root: copy }))).toEqual(wrong)
    expect(stale(await check({ root: copy }))).toEqual(wrong)
    expect(stale(await check({ root: copy }, [charts], true))).toEqual(wrong)
    expect(stale(await check({ root: copy }))).toEqual([])
  })

  it('is out of date where a doc comment in the sources has changed', async () => {
    const file = join(copy, 'packages/core/src/session/guards.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('/** ', '/** Changed: '))
    expect(stale(await check({ root: copy }))).toEqual([{ path: 'docs/session.md', state: 'differs' }])
  })
})

describe('producers', () => {
  it('run in their order, each after the files of the one before are written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'realer-device-producers-'))
    const made = (name: string, text: () => string): Producer => ({
      name,
      makes: name,
      needsTests: false,
      owns: [],
      produce: async () => ({
        documents: [{ path: `deep/${name}`, text: text() }],
        problems: [`problem of ${name}`],
        failures: [],
      }),
    })
    const first = made('first', () => 'one')
    const second = made('second', () => `${readFileSync(join(folder, 'deep/first'), 'utf8')} two`)
    const outcome = await check({ root: folder }, [first, second], true)
    expect(readFileSync(join(folder, 'deep/second'), 'utf8')).toBe('one two')
    expect(outcome.problems).toEqual(['problem of first', 'problem of second'])
    rmSync(folder, { recursive: true })
  })
})
