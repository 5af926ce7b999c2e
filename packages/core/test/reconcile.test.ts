import { describe, expect, it } from 'vitest'
import { catalog, Scenario } from './support/scenario.ts'

/** The host answers the reading that it was asked for. */
function reads(device: Scenario, value: string, messageId = `seen-${value}`): Scenario {
  const { reading } = device.ever('readRouteValue').at(-1) ?? { reading: 'reading-none' }
  return device.happens({
    type: 'routeValueRead',
    reading,
    messageId,
    value,
    valueReceivedAt: '2026-04-29T11:00:00Z',
  })
}

/** Online, with the valve’s value told and acknowledged. */
function known(value: string): Scenario {
  return reads(new Scenario().goesOnline(), value).pubacks().acknowledges(`seen-${value}`, 'accepted')
}

const reconnects = (device: Scenario) => device.closes().fires('reconnect').connects().subscribes()

describe('PUB-11 a value that changed while the device was offline', () => {
  it('is asked for after the reconnect, and reported as a new event without a desired_id (PUB-6)', () => {
    const device = reconnects(known('closed'))
    expect(device.one('readRouteValue').route).toBe('rte_valve')
    reads(device, 'open')
    expect(device.one('acceptReport')).toMatchObject({ messageId: 'seen-open', route: 'rte_valve' })
    expect(JSON.parse(device.one('mqttPublish').payload)).toEqual({
      message_id: 'seen-open',
      value: 'open',
      value_received_at: '2026-04-29T11:00:00Z',
    })
  })

  it('that did not change is not reported again', () => {
    const device = reads(reconnects(known('closed')), 'closed', 'seen-again')
    expect(device.verdict).toBe('taken')
    expect(device.effects).toEqual([])
  })

  it('is compared with the value of the last command’s report, too', () => {
    const device = known('closed').desires('des_1', 1).finishes('des_1', 'applied', 'open')
    device.pubacks().acknowledges('answer-des_1', 'accepted')
    expect(reads(reconnects(device), 'open', 'seen-again').effects).toEqual([])
  })

  it('and over a restart', () => {
    const device = known('closed').restarts().goesOnline()
    expect(reads(device, 'closed', 'seen-again').effects).toEqual([])
    const changed = known('closed').restarts().goesOnline()
    expect(reads(changed, 'open').did('mqttPublish')).toHaveLength(1)
  })

  it('is reported by a device that knows of no earlier report: it may have changed', () => {
    expect(reads(new Scenario().goesOnline(), 'closed').did('mqttPublish')).toHaveLength(1)
  })

  it('is reported again after the cloud has refused the report of it', () => {
    const device = known('closed')
      .reports('m-1', 'rte_valve', 'open')
      .pubacks()
      .acknowledges('m-1', 'rejected')
    expect(reads(reconnects(device), 'open').did('mqttPublish')).toHaveLength(1)
  })

  it('is not asked for where a report of the route waits: that keeps its id (PUB-4)', () => {
    const device = known('closed').closes().reports('m-1', 'rte_valve', 'open')
    device.fires('reconnect').connects().subscribes()
    expect(device.did('readRouteValue')).toEqual([])
    expect(device.one('mqttPublish').payload).toContain('"m-1"')
  })

  it('nor where one waits under another name of the route', () => {
    const options = { routes: { valve: 'rte_valve' }, commandRoutes: ['valve'] }
    const device = new Scenario(options).goesOnline().closes().reports('m-1', 'rte_valve', 'open')
    expect(device.fires('reconnect').connects().subscribes().did('readRouteValue')).toEqual([])
  })

  it('nor where a command is open: its report will tell', () => {
    expect(reconnects(known('closed').desires('des_1', 1)).did('readRouteValue')).toEqual([])
  })

  it('nor after a renewal, for the device was not offline', () => {
    const device = known('closed').fires('renewTuple').issuesToken().issuesTuple().closes()
    device.connects().subscribes()
    expect(device.one('announceOnline').after).toBe('renewal')
    expect(device.did('readRouteValue')).toEqual([])
  })

  it('but it is after a renewal whose connection failed', () => {
    const device = known('closed').fires('renewTuple').issuesToken().issuesTuple().closes().closes()
    device.fires('reconnect').issuesTuple().connects().subscribes()
    expect(device.one('announceOnline').after).toBe('reconnect')
    expect(device.did('readRouteValue')).toHaveLength(1)
  })

  it('told while a report of it was offered meanwhile is dropped: that report tells', () => {
    const device = reconnects(known('closed')).reports('m-1', 'rte_valve', 'open')
    expect(reads(device, 'open', 'seen-again').did('mqttPublish')).toEqual([])
  })

  it('of an earlier online period changes nothing (CORE-4)', () => {
    const device = reconnects(known('closed'))
    const [old] = device.did('readRouteValue')
    reconnects(device)
    const late = { messageId: 'late', value: 'open', valueReceivedAt: '2026-04-29T11:00:00Z' }
    device.happens({ type: 'routeValueRead', reading: old?.reading ?? '', ...late })
    expect(device.verdict).toBe('stale')
    expect(device.effects).toEqual([])
  })

  it('that the host cannot tell is not made up (PUB-10)', () => {
    const device = reconnects(known('closed'))
    const { reading } = device.one('readRouteValue')
    device.happens({ type: 'routeValueUnknown', reading })
    expect(device.verdict).toBe('taken')
    expect(device.effects).toEqual([])
    expect(device.happens({ type: 'routeValueUnknown', reading }).verdict).toBe('stale')
  })

  it('that makes no report is refused at the door, with the field (PUB-3)', () => {
    const device = reads(reconnects(known('closed')), 'open', '')
    expect(device.one('refuseReport')).toMatchObject({ field: 'messageId', desiredId: null })
  })

  it('is asked for on the routes that this firmware handles and the catalog has', () => {
    const device = new Scenario({ commandRoutes: ['rte_valve', 'rte_gone'] }).goesOnline()
    expect(device.did('readRouteValue').map(({ route }) => route)).toEqual(['rte_valve'])
    expect(new Scenario({ commandRoutes: [] }).goesOnline().did('readRouteValue')).toEqual([])
    expect(catalog.routes).toHaveLength(3)
  })
})
