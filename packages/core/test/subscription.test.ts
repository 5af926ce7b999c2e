import { describe, expect, it } from 'vitest'
import { allScopes, Scenario, topics } from './support/scenario.ts'

const connect = (options = {}, scopes = allScopes) =>
  new Scenario(options).issuesToken().readsCatalog().issuesTuple({ scopes }).connects()

describe('SUB-1 after every CONNACK', () => {
  it('the acknowledgement topic and each command route’s desired topic are subscribed to', () => {
    expect(connect().one('mqttSubscribe').topics).toEqual([topics.acknowledgements, topics.valveDesired])
  })

  it('again after a reconnect and after a renewal (F-6)', () => {
    const device = connect().subscribes().closes().fires('reconnect').connects()
    expect(device.did('mqttSubscribe')).toHaveLength(1)
    device.subscribes().fires('renewTuple').issuesToken().issuesTuple().closes().connects()
    expect(device.one('mqttSubscribe').topics).toEqual([topics.acknowledgements, topics.valveDesired])
  })
})

describe('SUB-2 nothing is published before the SUBACK', () => {
  it('reports wait until the acknowledgement topic is granted, then go in order', () => {
    const device = connect().reports('m-1').reports('m-2')
    expect(device.ever('mqttPublish')).toEqual([])
    expect(device.ever('announceOnline')).toEqual([])
    device.subscribes()
    expect(device.one('announceOnline').after).toBe('start')
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1', 'm-2'])
  })

  it('the session is announced before its first publish', () => {
    const device = connect().reports('m-1').subscribes()
    const types = device.effects.map(({ type }) => type)
    expect(types.indexOf('announceOnline')).toBeLessThan(types.indexOf('mqttPublish'))
  })

  it.each([
    ['says nothing of it', []],
    ['grants another topic only', [{ topic: topics.valveDesired, reasonCode: 1 }]],
  ])('a SUBACK that %s is no grant', (_what, grants) => {
    const device = connect().reports('m-1').happens({ type: 'mqttSubscribed', grants })
    expect(device.ever('announceOnline')).toEqual([])
    expect(device.ever('mqttPublish')).toEqual([])
  })
})

describe('SUB-3 a refused subscription', () => {
  it('of the acknowledgement topic: not online, catalog and tuple again, the topic is named', () => {
    const device = connect().subscribes([topics.acknowledgements])
    expect(device.ever('announceOnline')).toEqual([])
    expect(device.one('diagnose')).toMatchObject({
      code: 'subscription-refused',
      field: topics.acknowledgements,
    })
    expect(device.one('mqttDisconnect').reasonCode).toBe(0)
    device.closes().fires('retryCall').readsCatalog()
    expect(device.one('call').purpose).toBe('credential')
    expect(device.ever('mqttConnect')).toHaveLength(1)
  })

  it('of a desired topic: online, the topic is named, and reports go out', () => {
    const device = connect().reports('m-1').subscribes([topics.valveDesired])
    expect(device.did('announceOnline')).toHaveLength(1)
    expect(device.one('diagnose')).toMatchObject({ code: 'subscription-refused', field: topics.valveDesired })
    expect(device.did('mqttPublish')).toHaveLength(1)
  })

  it.each([
    [0x87, 'at once: it is not authorized (SAFE-1)'],
    [0x80, 'when its tuple runs out'],
  ])('a device whose acknowledgement topic is refused with %i is told to be safe %s', (reasonCode) => {
    const device = connect()
      .subscribes()
      .closes()
      .fires('reconnect')
      .connects()
      .happens({
        type: 'mqttSubscribed',
        grants: [
          { topic: topics.acknowledgements, reasonCode },
          { topic: topics.valveDesired, reasonCode: 1 },
        ],
      })
    expect(device.did('enterSafe')).toHaveLength(reasonCode === 0x87 ? 1 : 0)
    device.closes().fires('expireTuple')
    expect(device.ever('enterSafe').at(-1)?.reason).toBe(reasonCode === 0x87 ? 'refused' : 'expired')
  })
})

describe('SUB-4 no desired topic', () => {
  it('without command routes in this firmware', () => {
    expect(connect({ commandRoutes: [] }).one('mqttSubscribe').topics).toEqual([topics.acknowledgements])
  })

  it('without iot:mqtt:desired:read on the credential', () => {
    const scopes = allScopes.filter((scope) => scope !== 'iot:mqtt:desired:read')
    expect(connect({}, scopes).one('mqttSubscribe').topics).toEqual([topics.acknowledgements])
  })

  it('for a name that the catalog has no command route for', () => {
    const device = connect({ commandRoutes: ['rte_temperature', 'rte_nowhere'] })
    expect(device.one('mqttSubscribe').topics).toEqual([topics.acknowledgements])
  })
})
