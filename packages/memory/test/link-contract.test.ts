import { linkCasesLeftOut, linkContract } from '@realer-device/contract'
import { describe, expect, test } from 'vitest'
import { memoryLinkSetup } from './setup.ts'

const seeds = [1, 2, 3]

describe.each(seeds)('the memory link keeps the contract, with chunks of seed %i', (seed) => {
  const { clock, setup } = memoryLinkSetup({ seed })
  for (const { name, run } of linkContract(setup)) test(name, () => clock.runUntil(run()))

  test('and no case of the kit is left out', () => {
    expect(linkCasesLeftOut(setup)).toEqual([])
  })
})
