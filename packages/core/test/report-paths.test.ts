import { type DeviceOptions, reportMachine } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { type ChartStep, chartPaths, transitionsTaken } from './support/chart-paths.ts'
import { transitionsOf } from './support/charts.ts'
import { allScopes, Scenario } from './support/scenario.ts'

const paths = chartPaths(reportMachine)

/** What the device must be like for the facts that a path needs. */
function deviceFor(path: readonly ChartStep[]): Scenario {
  const facts = new Set(path.flatMap(({ event }) => event.facts ?? []))
  const evicts = path.some(({ event }) => event.type === 'evicted')
  const options: Partial<DeviceOptions> = {
    outboxOverflow: 'evictOldest',
    timing: { publishTimeoutMs: 3_000_000 },
    limits: {
      maxReports: evicts ? 1 : 10,
      maxUnansweredPublishes: facts.has('attemptsAreSpent') ? 1 : null,
    },
  }
  return new Scenario(options).reports('m-1', facts.has('routeIsGone') ? 'rte_gone' : 'rte_temperature')
}

/** Takes the device to the point where only the SUBACK is missing; the report is queued. */
function connect(device: Scenario, path: readonly ChartStep[]): Scenario {
  const withheld = path.some(({ event }) => event.type === 'turnCame' && event.facts?.length === 0)
    ? 'iot:mqtt:feed-data:write'
    : path.some(({ event }) => event.type === 'brokerAccepted' && event.facts?.length === 0)
      ? 'iot:mqtt:ack:read'
      : null
  const scopes = allScopes.filter((scope) => scope !== withheld)
  device.issuesToken().readsCatalog().issuesTuple({ scopes })
  const tooLarge = path.some(({ event }) => event.facts?.includes('payloadIsTooLarge'))
  return device.happens({
    type: 'mqttConnected',
    receiveMaximum: 10,
    maximumPacketSize: tooLarge ? 64 : null,
  })
}

/** What the world does to bring an event of the chart about. */
function drive(device: Scenario, { event }: ChartStep): void {
  const has = (fact: string) => event.facts?.includes(fact) === true
  switch (event.type) {
    case 'turnCame':
      return void device.subscribes()
    case 'brokerAccepted':
      return void device.pubacks()
    case 'brokerRefused':
      return void device.pubacks(has('reasonIsFinal') ? 0x99 : has('reasonDoubtsCatalog') ? 0x90 : 0x80)
    case 'acknowledged':
      if (has('statusIsDone')) return void device.acknowledges('m-1', 'accepted')
      return void device.acknowledges('m-1', 'error', has('statusIsRetryable'))
    case 'connectionLost':
      return void device.closes()
    case 'due':
      return void device.fires('reports')
    case 'evicted':
      return void device.reports('m-2')
    case 'catalogRead':
      // The old session ends first: what is released is then queued, and not sent at once.
      device.closes().fires('retryCall')
      if (device.state.context.call?.purpose === 'token') device.issuesToken()
      return void device.readsCatalog()
    case 'resumed':
      return void device.restarts()
    default:
      throw new Error(`no driver for ${event.type}`)
  }
}

describe('PUB-7 PUB-9 ACK-1 ACK-4 ACK-5 the report’s chart and the device agree on every generated path', () => {
  it('the paths cover every state and every transition of the chart', () => {
    expect(transitionsTaken(reportMachine, paths)).toHaveLength(transitionsOf(reportMachine).length)
    const states = new Set(paths.flat().flatMap(({ from, to }) => [from, to]))
    expect([...states].sort()).toEqual(Object.keys(reportMachine.root.states).sort())
  })

  it.each(paths.map((path) => [path.map(nameOf).join(', '), path] as const))('%s', (_name, path) => {
    const device = connect(deviceFor(path), path)
    for (const step of path) {
      drive(device, step)
      const kept = device.state.context.reports.find(({ messageId }) => messageId === 'm-1')
      const settled = device.ever('settleReport').find(({ messageId }) => messageId === 'm-1')
      expect(kept?.state ?? settled?.result, nameOf(step)).toBe(step.to)
    }
  })
})

function nameOf({ event, to }: ChartStep): string {
  return `${[event.type, ...(event.facts ?? [])].join(' ')} → ${to}`
}
