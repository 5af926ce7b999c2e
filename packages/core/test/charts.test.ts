import { commandMachine, deviceMachine, reportMachine, ruleIds } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { transitionsOf } from './support/charts.ts'

const machines = { deviceMachine, reportMachine, commandMachine }

describe('CORE-7 the charts', () => {
  it.each(Object.entries(machines))('%s: every transition names rules that exist', (_name, machine) => {
    const transitions = transitionsOf(machine)
    expect(transitions.length).toBeGreaterThan(5)
    for (const { from, on, rules } of transitions) {
      expect(rules, `${from} on ${on}`).not.toEqual([])
      expect(ruleIds, `${from} on ${on}`).toEqual(expect.arrayContaining([...rules]))
    }
  })
})
