import { commandMachine, type DeviceOptions } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { type ChartStep, chartPaths, transitionsTaken } from './support/chart-paths.ts'
import { transitionsOf } from './support/charts.ts'
import { Scenario } from './support/scenario.ts'

/** A handler that may run again may do so only while the window is open. */
const paths = chartPaths(commandMachine, { mayRepeat: ['mayRepeat', 'windowIsOpen'] })

/** A device on which another command runs, so that the one under test has to wait for its turn. */
function deviceFor(path: readonly ChartStep[]): Scenario {
  const facts = new Set(path.flatMap(({ event }) => event.facts ?? []))
  const options: Partial<DeviceOptions> = {
    outdatedCommands: facts.has('isOutdatedAndTold') ? 'reportStale' : 'ignore',
    repeatableRoutes: facts.has('mayRepeat') ? ['rte_valve'] : [],
    limits: { maxUnansweredCommands: path.some(({ event }) => event.type === 'crowdedOut') ? 1 : 8 },
  }
  const device = new Scenario(options).goesOnline()
  if (facts.has('outcomeIsKnown'))
    device.desires('des_2', 1).finishes('des_2').acknowledges('answer-des_2', 'accepted')
  if (facts.has('isRepeated')) device.desires('des_2', 1)
  return device.desires('des_1', 2)
}

/** What the world does to bring an event of the chart about. */
function drive(device: Scenario, { from, event }: ChartStep): void {
  const has = (fact: string) => event.facts?.includes(fact) === true
  switch (event.type) {
    case 'arrived':
      if (has('isMalformed')) return void device.desires('des_2', 3, { value: undefined })
      return void device.desires('des_2', has('isOutdated') || has('isOutdatedAndTold') ? 2 : 3)
    case 'turnCame':
      if (has('mayStart')) return void device.finishes('des_1')
      // Another command waits no less: the turn is offered, and not taken.
      return void device.reports('m-1')
    case 'superseded':
      return void device.desires('des_3', 4)
    case 'finished':
      if (has('observationIsUnusable')) return void finishUnusably(device)
      return void device.finishes('des_2', has('wasApplied') ? 'applied' : 'rejected')
    case 'late':
      return void device.happens({ type: 'commandLate', desiredId: 'des_2' })
    case 'valueRead':
      if (!has('observationIsUnusable')) return void device.readsValue('des_2')
      return void device.happens({ type: 'valueRead', desiredId: 'des_2', ...unusable })
    case 'valueUnknown':
      return void device.happens({ type: 'valueUnknown', desiredId: 'des_2' })
    case 'crowdedOut':
      return void device.desires('des_3', 4, { value: undefined })
    case 'due':
      do device.fires('commands')
      while (openCommand(device)?.state === from)
      return
    case 'resumed':
      return void device.restarts(event.facts?.length === 0 ? 'restarted' : 'continued')
    default:
      throw new Error(`no driver for ${event.type}`)
  }
}

const unusable = { messageId: 'm', value: 'open', valueReceivedAt: 'yesterday' }

function finishUnusably(device: Scenario): void {
  device.happens({ type: 'commandFinished', desiredId: 'des_2', outcome: 'applied', ...unusable })
  expect(device.one('refuseReport').field).toBe('valueReceivedAt')
}

const openCommand = (device: Scenario) =>
  device.state.context.commands.rte_valve?.open.find(({ desiredId }) => desiredId === 'des_2')

/** Where the command stands: an open one is kept; an answered one has told its report since. */
function stateOf(device: Scenario): string {
  const answers = device.effects.some(
    (effect) =>
      (effect.type === 'settleCommand' && effect.desiredId === 'des_2') ||
      (effect.type === 'mqttPublish' && effect.payload.includes('"desired_id":"des_2"')),
  )
  return openCommand(device)?.state ?? (answers ? 'answered' : 'dropped')
}

describe('DES-3 DES-4 DES-5 DES-8 DES-10 DES-12 the command’s chart and the device agree on every generated path', () => {
  it('the paths cover every state and every transition of the chart', () => {
    expect(transitionsTaken(commandMachine, paths)).toHaveLength(transitionsOf(commandMachine).length)
    const states = new Set(paths.flat().flatMap(({ from, to }) => [from, to]))
    expect([...states].sort()).toEqual(Object.keys(commandMachine.root.states).sort())
  })

  it.each(paths.map((path) => [path.map(nameOf).join(', '), path] as const))('%s', (_name, path) => {
    const device = deviceFor(path)
    for (const step of path) {
      const started = device.ever('startCommand').length
      drive(device, step)
      if (step.event.facts?.includes('isRepeated'))
        expect(device.ever('startCommand'), nameOf(step)).toHaveLength(started)
      else expect(stateOf(device), nameOf(step)).toBe(step.to)
    }
  })
})

function nameOf({ event, to }: ChartStep): string {
  return `${[event.type, ...(event.facts ?? [])].join(' ')} → ${to}`
}
