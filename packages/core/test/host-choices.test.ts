import { describe, expect, it } from 'vitest'
import { allScopes, catalog, Scenario, topics } from './support/scenario.ts'

describe('PUB-9 F-9 at the outbox’s bound the host may choose an eviction', () => {
  const full = (options: object) =>
    new Scenario({ limits: { maxReports: 2 }, ...options }).reports('m-1').reports('m-2')
  const evicting = { outboxOverflow: 'evictOldest' } as const

  it('by default the new one is refused, and nothing is lost', () => {
    expect(full({}).reports('m-3').one('refuseReport').code).toBe('outbox-full')
  })

  it('the oldest that is not on its way makes room, and its message is named', () => {
    const device = full(evicting).reports('m-3')
    expect(device.one('settleReport')).toMatchObject({
      messageId: 'm-1',
      result: 'failed',
      status: 'evicted',
    })
    expect(device.one('acceptReport').messageId).toBe('m-3')
    expect(device.state.context.reports.map(({ messageId }) => messageId)).toEqual(['m-2', 'm-3'])
  })

  it('one that is on its way is not evicted: the cloud may have it already', () => {
    const device = full(evicting).goesOnline().reports('m-3')
    expect(device.did('settleReport')).toEqual([])
    expect(device.one('refuseReport').code).toBe('outbox-full')
  })

  it('one that waits for its retry is', () => {
    const device = full(evicting).goesOnline().pubacks(0x80).reports('m-3')
    expect(device.one('settleReport')).toMatchObject({ messageId: 'm-2', status: 'evicted' })
  })
})

describe('PUB-9 in order per route', () => {
  const refused = () => new Scenario().goesOnline().reports('m-1').pubacks(0x97)
  const sent = (device: Scenario) => device.published().map(({ body }) => body.message_id)

  it('one that waits for its retry holds back the later ones of its route, and no other', () => {
    const device = refused().reports('m-2').reports('m-3', 'rte_humidity')
    expect(sent(device)).toEqual(['m-1', 'm-3'])
    expect(sent(device.fires('reports'))).toEqual(['m-1', 'm-3', 'm-1', 'm-2'])
  })

  it('one that is refused again and again dams nothing: the later ones pass behind each retry', () => {
    const device = refused().reports('m-2').fires('reports').reports('m-4')
    expect(sent(device)).toEqual(['m-1', 'm-1', 'm-2', 'm-4'])
  })

  it('after a lost connection everything goes out again in its order', () => {
    const device = refused().reports('m-2').closes().passes(2_000).fires('reconnect').connects().subscribes()
    expect(sent(device)).toEqual(['m-1', 'm-1', 'm-2'])
  })
})

describe('ACK-5 for as long as the host’s policy says', () => {
  it('a report that was published so often without an answer settles as failed, and is told', () => {
    const device = new Scenario({ limits: { maxUnansweredPublishes: 2 } })
      .goesOnline()
      .reports('m-1')
      .pubacks()
    device.fires('reports').fires('reports').pubacks().fires('reports')
    expect(device.ever('mqttPublish')).toHaveLength(2)
    expect(device.one('settleReport')).toMatchObject({ result: 'failed', status: 'unanswered' })
  })

  it('a publish that the connection took with it does not count', () => {
    const device = new Scenario({ limits: { maxUnansweredPublishes: 1 } }).goesOnline().reports('m-1')
    device.closes().fires('reconnect').connects().subscribes().pubacks()
    expect(device.ever('settleReport')).toEqual([])
  })
})

describe('DES-2 a wall clock that the host trusts', () => {
  const receive = (wallClock: 'trusted' | 'untrusted', time: string, expires_at: unknown) => {
    const device = new Scenario({ wallClock }).goesOnline().desires('des_1', 1)
    device.wallClock = time
    return device.desires('des_2', 2, { valid_for_seconds: 60, expires_at }).waits('commands')
  }

  it('lets expires_at end the window sooner', () => {
    expect(receive('trusted', '2026-04-29T10:00:00Z', '2026-04-29T10:00:20Z')).toBe(20_000)
    expect(receive('trusted', '2026-02-28T23:59:59Z', '2026-03-01T00:00:00Z')).toBe(1_000)
  })

  it('never later, and not at all where expires_at cannot be read', () => {
    expect(receive('trusted', '2026-04-29T10:00:00Z', '2027-04-29T10:00:00Z')).toBe(60_000)
    expect(receive('trusted', '2026-04-29T10:00:00Z', 'soon')).toBe(60_000)
    expect(receive('trusted', '2026-04-29T10:00:00Z', 1_777_000_000)).toBe(60_000)
  })

  it('a command whose expires_at has passed is stale at once', () => {
    const device = new Scenario({ wallClock: 'trusted' }).goesOnline()
    device.wallClock = '2026-04-29T10:00:00Z'
    device.desires('des_1', 1, { expires_at: '2026-04-29T09:59:59Z' })
    expect(device.did('startCommand')).toEqual([])
    expect(device.one('readValue').because).toBe('stale')
  })

  it('F-15 one that it does not trust decides nothing, and may jump by a year', () => {
    expect(receive('untrusted', '2027-04-29T10:00:00Z', '2026-04-29T10:00:20Z')).toBe(60_000)
  })

  it('a time of day that is none is refused with the event, and named (CORE-3)', () => {
    const device = new Scenario({ wallClock: 'trusted' }).goesOnline()
    device.wallClock = 'yesterday'
    expect(device.desires('des_1', 1).verdict).toBe('ignored')
    expect(device.one('diagnose').field).toBe('wallClock')
  })
})

describe('DES-3 a lower sequence number', () => {
  it.each([4, 5])('is reported as stale where the host chose so (%i after 5)', (sequence) => {
    const device = new Scenario({ outdatedCommands: 'reportStale' }).goesOnline().desires('des_5', 5)
    device.finishes('des_5').desires('des_old', sequence)
    expect(device.did('startCommand')).toEqual([])
    expect(device.one('readValue')).toMatchObject({ desiredId: 'des_old', because: 'stale' })
    device.readsValue('des_old')
    expect(JSON.parse(device.one('mqttPublish').payload)).toMatchObject({
      desired_id: 'des_old',
      report_status: 'stale',
    })
  })
})

describe('CONN-2 what the host may choose for CONNECT', () => {
  const connect = (options: object, wallClock?: string) => {
    const device = new Scenario(options)
    device.wallClock = wallClock
    return device.issuesToken().readsCatalog().issuesTuple()
  }

  it('by default a clean start, no session expiry, no will', () => {
    expect(connect({}).one('mqttConnect')).toMatchObject({
      cleanStart: true,
      sessionExpirySeconds: 0,
      will: null,
    })
  })

  it('a session that the broker keeps: no clean start', () => {
    expect(connect({ sessionExpirySeconds: 300 }).one('mqttConnect')).toMatchObject({
      cleanStart: false,
      sessionExpirySeconds: 300,
    })
  })

  it('a will is a report of its route, with an id that no other connection has', () => {
    const device = connect(
      { will: { route: 'rte_valve', value: 'gone', delaySeconds: 30 } },
      '2026-04-29T10:00:00Z',
    )
    const { will } = device.one('mqttConnect')
    expect(will).toMatchObject({ topic: topics.valve, delaySeconds: 30 })
    expect(JSON.parse(will?.payload ?? '')).toMatchObject({
      value: 'gone',
      value_received_at: '2026-04-29T10:00:00Z',
    })
    const again = device.closes().fires('reconnect').issuesTuple().one('mqttConnect').will
    expect(JSON.parse(again?.payload ?? '').message_id).not.toBe(JSON.parse(will?.payload ?? '').message_id)
  })

  it.each([
    ['will.route', { route: 'rte_gone', value: 'gone' }, '2026-04-29T10:00:00Z'],
    ['wallClock', { route: 'rte_valve', value: 'gone' }, undefined],
    ['value', { route: 'rte_valve', value: 'x'.repeat(70_000) }, '2026-04-29T10:00:00Z'],
  ])('one that cannot be written is left out, and told: %s', (field, will, wallClock) => {
    const device = connect({ will }, wallClock)
    expect(device.one('mqttConnect').will).toBeNull()
    expect(device.did('diagnose')).toContainEqual(expect.objectContaining({ code: 'will-left-out', field }))
  })
})

describe('REC-2 F-11 a Retry-After', () => {
  it('of a year parks the device for a day, or for what the host says', () => {
    expect(new Scenario().callFails('busy', 31_536_000_000).waits('retryCall')).toBe(86_400_000)
    const hasty = new Scenario({ timing: { retryAfterCapMs: 60_000 } })
    expect(hasty.callFails('busy', 31_536_000_000).waits('retryCall')).toBe(60_000)
    expect(hasty.fires('retryCall').callFails('busy', 30_000).waits('retryCall')).toBe(30_000)
  })
})

describe('AUTH-4 a token without renew_after', () => {
  it('is renewed after the part of its life that the host chose', () => {
    const device = new Scenario({ tokenRenewalFraction: 0.5 }).issuesToken(1_000_000)
    expect(device.state.context.token?.dueAt).toBe(device.now + 500_000)
  })
})

describe('F-11 CONN-3 PUB-7 a PUBACK that never comes', () => {
  it('ends the connection; the report goes out again on the next one, the same event', () => {
    const device = new Scenario().goesOnline().reports('m-1')
    expect(device.waits('publishTimeout')).toBe(30_000)
    device.fires('publishTimeout')
    expect(device.did('mqttAbort')).toHaveLength(1)
    expect(device.diagnosed()).toEqual(['publish-timeout'])
    device.fires('reconnect').connects().subscribes()
    expect(new Set(device.ever('mqttPublish').map(({ payload }) => payload)).size).toBe(1)
  })

  it('is looked for as long as any is missing, also of a report that is settled already', () => {
    const device = new Scenario().goesOnline().reports('m-1').passes(10_000).reports('m-2')
    device.pubacks(0, device.ever('mqttPublish')[0]?.delivery)
    expect(device.waits('publishTimeout')).toBe(30_000)
    device.acknowledges('m-2', 'accepted')
    expect(device.waits('publishTimeout')).toBe(30_000)
    expect(device.pubacks().waits('publishTimeout')).toBeNull()
  })
})

describe('F-11 DES-8 DES-12 a handler that never ends', () => {
  const overrun = () => {
    const device = new Scenario().goesOnline().desires('des_1', 1).passes(599_990)
    return device.desires('des_2', 2).fires('commands')
  }

  it('is cancelled, and the physical value decides the outcome', () => {
    const device = overrun()
    expect(device.one('cancelCommand')).toMatchObject({ route: 'rte_valve', desiredId: 'des_1' })
    expect(device.did('readValue')).toMatchObject([{ desiredId: 'des_1', because: 'interrupted' }])
    expect(device.readsValue('des_1', 'open').one('settleCommand').outcome).toBe('applied')
  })

  it('frees its route: the next command starts once the value was read, for it would change it', () => {
    expect(overrun().did('startCommand')).toEqual([])
    expect(overrun().readsValue('des_1').one('startCommand').desiredId).toBe('des_2')
  })

  it('its late answer changes nothing (CORE-4)', () => {
    expect(overrun().finishes('des_1').verdict).toBe('stale')
  })

  it('a physical value that is never read is given up in time, aloud (PUB-10)', () => {
    const device = new Scenario().goesOnline().desires('des_1', 1, { valid_for_seconds: 0 })
    expect(device.waits('commands')).toBe(600_000)
    device.fires('commands')
    expect(device.diagnosed()).toEqual(['physical-value-unknown'])
    expect(device.state.context.commands.rte_valve?.open).toEqual([])
  })
})

describe('PUB-7 CAT-8 a publish that is refused for its topic or its rights', () => {
  it('waits until the catalog was read again, and then goes where that says', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x90)
    expect(device.state.context.reports[0]?.state).toBe('doubted')
    device.closes().fires('reconnect')
    device.connects().subscribes()
    expect(device.did('mqttPublish')).toEqual([])
    const moved = {
      ...catalog.routes[0],
      sourceType: 'sensor',
      feedDataTopic: 'moved/rte_temperature',
    } as const
    device.readsCatalog({
      routes: [
        {
          ...moved,
          feedDataPublishScope: 'iot:mqtt:feed-data:write',
          desiredTopic: null,
          desiredSubscribeScope: 'x',
        },
      ],
    })
    device.issuesTuple().closes().connects().subscribes()
    expect(device.one('mqttPublish')).toMatchObject({ topic: 'moved/rte_temperature' })
    expect(new Set(device.ever('mqttPublish').map(({ payload }) => payload)).size).toBe(1)
  })
})

describe('CAT-8 a catalog that changes on refresh', () => {
  const refreshed = (device: Scenario, changes: object) =>
    device.reports('m-0').pubacks(0x90).fires('retryCall').readsCatalog(changes)

  it('a topic that moved: the old session still hears its own', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks()
    refreshed(device, { feedDataAckTopic: 'moved/acks' })
    expect(device.acknowledges('m-1', 'accepted').one('settleReport').result).toBe('done')
    device.issuesTuple().closes().connects()
    expect(device.one('mqttSubscribe').topics).toContain('moved/acks')
  })

  it('a message on a topic that was not granted is none of ours (CAT-5, CORE-3)', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple().connects()
    device.subscribes([topics.valveDesired])
    expect(device.desires('des_1', 1).verdict).toBe('ignored')
    const scopes = allScopes.filter((scope) => scope !== 'iot:mqtt:ack:read')
    const deaf = new Scenario().issuesToken().readsCatalog().issuesTuple({ scopes }).connects().subscribes()
    expect(deaf.reports('m-1').acknowledges('m-1', 'accepted').verdict).toBe('ignored')
  })
})
