import { describe, expect, test } from 'vitest'
import { bear } from './crash/campaign.ts'
import { complaintsOf } from './crash/verdict.ts'

describe('the judge finds out a store that breaks its contract', () => {
  test('PUB-9 breach: one that writes a moment after it has said so loses reports', async () => {
    const { lives, cloud, sandbox } = await bear('late')
    for (let write = 2; write < 6; write++) await cloud.live({ by: 'write', write, when: 'after' })
    await cloud.calmDown()
    expect(complaintsOf(lives.lives, sandbox).join('\n')).toMatch(
      /PUB-9: .* was kept, and the cloud never settled it/,
    )
  }, 120_000)

  test('DES-3, DES-4, DES-9 breach: one that forgets the commands lets them run twice', async () => {
    const { lives, cloud, sandbox } = await bear('forgetful')
    for (let life = 0; life < 12; life++) await cloud.live({ by: 'nobody' })
    const complaints = complaintsOf(lives.lives, sandbox).join('\n')
    expect(complaints).toMatch(/DES-4: .* was executed twice/)
    expect(complaints).toMatch(/DES-3, F-10: .* ran after a newer one, or again/)
  }, 120_000)
})
