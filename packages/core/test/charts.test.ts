import { commandMachine, deviceMachine, reportMachine, ruleIds } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { shortestEventPaths, transitionsOf } from './support/charts.ts'
import { allScopes, Scenario } from './support/scenario.ts'

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

  it.each([
    [
      'reportMachine',
      reportMachine,
      ['accepted', 'done', 'failed', 'queued', 'sent', 'unconfirmed', 'waiting'],
    ],
    ['commandMachine', commandMachine, ['answered', 'asking', 'running', 'waiting']],
  ] as const)(
    '%s: every state is reachable, and an end is reachable from every state',
    (_name, machine, states) => {
      expect([...shortestEventPaths(machine).keys()].sort()).toEqual([...states])
      for (const state of states)
        expect(
          transitionsOf(machine).some(({ from }) => from === state),
          state,
        ).toBe(!['done', 'failed', 'unconfirmed', 'answered'].includes(state))
    },
  )
})

describe('PUB-7 ACK-1 the report’s chart and the device agree', () => {
  const scopesWithoutAcks = allScopes.filter((scope) => scope !== 'iot:mqtt:ack:read')
  const drivers: Record<string, (device: Scenario) => void> = {
    published: (device) => device.connects().subscribes(),
    acceptedByBroker: (device) => device.pubacks(),
    acceptedUnconfirmed: (device) => device.pubacks(),
    refusedByBroker: (device) => device.pubacks(0x80),
    refusedForGood: (device) => device.pubacks(0x99),
    acknowledgedDone: (device) => device.acknowledges('m-1', 'accepted'),
    acknowledgedRetry: (device) => device.acknowledges('m-1', 'error', true),
    acknowledgedFailed: (device) => device.acknowledges('m-1', 'rejected'),
    connectionLost: (device) => device.closes(),
    due: (device) => device.fires('reports'),
  }

  it.each([...shortestEventPaths(reportMachine)])('the way to %s is %j', (state, events) => {
    const scopes = events.includes('acceptedUnconfirmed') ? scopesWithoutAcks : allScopes
    const device = new Scenario().reports('m-1').issuesToken().readsCatalog().issuesTuple({ scopes })
    // The only refusal for good that needs no publish is a route that the catalog does not have.
    const [first] = events
    if (first === 'refusedForGood')
      return void expect(new Scenario().reports('m-1', 'x').goesOnline().one('settleReport').result).toBe(
        'failed',
      )
    if (first?.startsWith('acknowledged')) device.connects()
    for (const event of events) drivers[event]?.(device)
    const [kept] = device.state.context.reports
    if (kept === undefined) expect(device.one('settleReport').result).toBe(state)
    else expect(kept.state).toBe(state)
  })
})

describe('DES-4 DES-8 the command’s chart and the device agree', () => {
  const drivers: Record<string, (device: Scenario) => void> = {
    started: (device) => device.finishes('des_1'),
    windowEnded: (device) => device.fires('commands'),
    superseded: (device) => device.desires('des_3', 3),
    finishedApplied: (device) => device.finishes('des_2'),
    finishedRejected: (device) => device.finishes('des_2', 'rejected'),
    valueRead: (device) => device.readsValue('des_2'),
    valueUnknown: (device) => device.happens({ type: 'valueUnknown', desiredId: 'des_2' }),
  }

  it.each([...shortestEventPaths(commandMachine)])('the way to %s is %j', (state, events) => {
    const device = new Scenario().goesOnline().desires('des_1', 1).desires('des_2', 2)
    for (const event of events) drivers[event]?.(device)
    const kept = device.state.context.commands.rte_valve?.open.find(({ desiredId }) => desiredId === 'des_2')
    expect(kept?.state ?? 'answered').toBe(state)
  })
})
