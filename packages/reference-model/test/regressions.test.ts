import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { judgedRun, type KeptRun, regressionsFolder } from './support/campaign.ts'

const files = readdirSync(regressionsFolder).filter((name) => name.endsWith('.json'))

describe('runs that once failed', () => {
  it('are kept', () => {
    expect(files.length).toBeGreaterThan(0)
  })

  it.each(files)('%s', (name) => {
    const { beginning, moves } = JSON.parse(readFileSync(new URL(name, regressionsFolder), 'utf8')) as KeptRun
    expect(judgedRun({ beginning, moves }).lines.length).toBeGreaterThan(1)
  })
})
