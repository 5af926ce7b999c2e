import type { RuleId } from '@realer-device/core'
import { judge } from '@realer-device/reference-model'
import { describe, expect, it } from 'vitest'
import { Doctored, type Story } from './story.ts'

/** A good story, and how it is told wrongly so that exactly this rule is broken. */
export type BreachCase = readonly [
  rule: RuleId,
  what: string,
  told: () => Story,
  doctor: (trace: Doctored) => Doctored,
]

/** For each case: the story as it was passes, and its doctored trace breaks the rule. */
export function holdBreaches(concern: string, cases: readonly BreachCase[]): void {
  describe(concern, () => {
    it.each(cases)('breach of %s: %s', (rule, _what, told, doctor) => {
      const { config, lines } = told()
      const good = new Doctored(lines)
      expect(judge(config, good.lines)).toEqual([])
      const breaches = judge(config, doctor(good).lines)
      expect(breaches.map((breach) => breach.rule)).toContain(rule)
    })
  })
}
