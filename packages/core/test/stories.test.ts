import { readdirSync, readFileSync } from 'node:fs'
import { ruleIds } from '@realer-device/core'
import { describe, expect, it } from 'vitest'

/** The field failures that the core alone can make impossible. */
const fieldFailures = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15].map((number) => `F-${number}`)

/** The titles of the tests in a source: the first argument of `describe`, `it`, and the call behind their `each`. */
function titlesIn(source: string): string[] {
  const matches = source.matchAll(/(?:\b(?:describe|it)|\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g)
  return [...matches].map(([, , title = '']) => title)
}

function named(titles: readonly string[], id: string): boolean {
  return titles.some((title) => title.split(/[^A-Z0-9-]+/).includes(id))
}

describe('CORE-7 every rule has a story', () => {
  const folder = new URL('./', import.meta.url)
  const titles = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => titlesIn(readFileSync(new URL(name, folder), 'utf8')))

  it('named by a title', () => {
    expect(ruleIds.filter((id) => !named(titles, id))).toEqual([])
  })

  it('and so has every failure of the field', () => {
    expect(fieldFailures.filter((id) => !named(titles, id))).toEqual([])
  })

  it('the scan finds titles and nothing else', () => {
    const sample = [
      "describe('AUTH-1 one', () => {",
      '  // REN-1 in a comment',
      "  it.each([['CAT-1']])('%s and SAFE-1', () => expect('SUB-1').toBe(1))",
      "  it('REC-12 is another rule', () => {})",
    ].join('\n')
    const found = titlesIn(sample)
    expect(['AUTH-1', 'SAFE-1', 'REC-12'].filter((id) => named(found, id))).toEqual([
      'AUTH-1',
      'SAFE-1',
      'REC-12',
    ])
    expect(['REN-1', 'CAT-1', 'REC-1', 'STOP-1'].filter((id) => named(found, id))).toEqual([])
  })
})
