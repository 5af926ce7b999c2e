import { ruleIds } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { ruleBook } from '../src/rule-book.ts'

describe('the rule book', () => {
  it("has exactly the core's rules, in the core's order", () => {
    expect(Object.keys(ruleBook)).toEqual([...ruleIds])
  })

  // One test for all, for a rule's id in a title would make the test carry the rule.
  it('has sources and one short sentence for each', () => {
    for (const [id, { sources, sentence }] of Object.entries(ruleBook)) {
      expect(sources, id).toMatch(/^(S|P|D|S P|S D|P D)$/)
      expect(sentence, id).toMatch(/^[A-Z][^\n|]{20,120}\.$/)
      expect(sentence, id).not.toMatch(/\. /)
    }
  })
})
