import { describe, expect, it } from 'vitest'
import { Scenario, topics } from './support/scenario.ts'

const hour = 3_600_000
/** Online with a token that outlives the test. */
const online = () => new Scenario().issuesToken(1_000 * hour).goesOnline()

describe('REN-1 renewal by controlled reconnect', () => {
  it('at renew_after a new tuple is asked for while the old session goes on working', () => {
    const device = online()
    expect(device.waits('renewTuple')).toBe(2_700_000)
    device.fires('renewTuple')
    expect(device.one('call').purpose).toBe('credential')
    expect(device.did('mqttDisconnect')).toEqual([])
    device.reports('m-1').desires('des_1', 1)
    expect(device.ever('mqttPublish')).toHaveLength(1)
    expect(device.ever('startCommand')).toHaveLength(1)
  })

  it('then DISCONNECT (0x00), connect with the new tuple, resubscribe', () => {
    const device = online().fires('renewTuple')
    const { call } = device.one('call')
    const old = device.state.context.connection?.id
    device.issuesTuple()
    expect(device.one('mqttDisconnect')).toMatchObject({ connection: old, reasonCode: 0 })
    expect(device.one('announceOffline').because).toBe('renewal')
    expect(device.did('mqttConnect')).toEqual([])
    device.closes()
    expect(device.one('mqttConnect').password.secret).toBe(call)
    expect(device.connects().one('mqttSubscribe').topics).toEqual([
      topics.acknowledgements,
      topics.valveDesired,
    ])
    expect(device.subscribes().one('announceOnline').after).toBe('renewal')
  })

  it('a renewal is no reason to be safe', () => {
    const device = online().fires('renewTuple').issuesTuple().closes().connects().subscribes()
    expect(device.ever('enterSafe')).toHaveLength(1)
    expect(device.ever('leaveSafe')).toHaveLength(1)
  })

  it('renew_after that passes while the catalog is being read again asks for nothing twice', () => {
    const device = online().reports('m-1').pubacks(0x87)
    device.passes(2_700_000).reports('m-2')
    expect(device.ever('call').filter(({ purpose }) => purpose === 'catalog')).toHaveLength(2)
    device.readsCatalog().issuesTuple()
    expect(device.ever('call').filter(({ purpose }) => purpose === 'credential')).toHaveLength(2)
    expect(device.waits('renewTuple')).toBe(2_700_000)
  })
})

describe('REN-1 renew_after while the next tuple is on its way already', () => {
  it('is expected: nothing is asked for, nothing is wrong', () => {
    const device = online().reports('m-1').pubacks(0x87).fires('renewTuple')
    expect(device.verdict).toBe('taken')
    expect(device.did('diagnose')).toEqual([])
    expect(device.waits('renewTuple')).toBeNull()
  })
})

describe('REN-2 the Bearer token first', () => {
  it('a due token is renewed before the tuple', () => {
    const device = new Scenario().issuesToken(hour).goesOnline().fires('renewTuple')
    expect(device.one('call').purpose).toBe('token')
    expect(device.issuesToken().one('call').purpose).toBe('credential')
  })
})

describe('REN-3 a renewal that fails', () => {
  it('F-4 is tried again with backoff while the old tuple is valid, and the session goes on', () => {
    const device = online().fires('renewTuple')
    device.random = 0.999
    const waits = [1, 2, 3, 4, 5].map(() => {
      const wait = device.callFails('server').waits('retryCall')
      expect(device.did('call')).toEqual([])
      device.fires('retryCall')
      return wait
    })
    expect(waits).toEqual([1_999, 3_997, 7_993, 15_985, 31_969])
    expect(device.in('link')).toBe('online')
    expect(device.ever('enterSafe')).toHaveLength(1)
  })

  it('at expires_in the session is closed, and the device is safe until authorization is back', () => {
    const device = online().fires('renewTuple').callFails().fires('expireTuple')
    expect(device.one('mqttDisconnect').reasonCode).toBe(0)
    expect(device.one('announceOffline').because).toBe('expired')
    expect(device.one('enterSafe').reason).toBe('expired')
    device.closes().issuesTuple().fires('reconnect').connects().subscribes()
    expect(device.did('leaveSafe')).toHaveLength(1)
  })

  it.each([
    [3_600_000, 2_700_000, 1_800_000],
    [1_800_000, 2_700_000, 3_600_000],
    [3_600_000, 3_600_000, 3_600_000],
    [2_000, 1_000, 1_500],
  ])(
    'F-3 expires_in %i, renew_after %i, hard end %i: closed at the sooner end',
    (expiresInMs, renewAfterMs, sessionHardExpiresInMs) => {
      const device = new Scenario().goesOnline({ expiresInMs, renewAfterMs, sessionHardExpiresInMs })
      const began = device.now
      device.fires('renewTuple').fires('expireTuple')
      expect(device.did('mqttDisconnect')).toHaveLength(1)
      expect(device.now - began).toBe(Math.min(expiresInMs, sessionHardExpiresInMs))
    },
  )

  it('F-3 timers that come late, together, or in the wrong order still close the session first', () => {
    const device = online().passes(2 * hour)
    const timer = device.state.context.timers.renewTuple?.id ?? ''
    device.happens({ type: 'timer.renewTuple', timer })
    expect(device.did('mqttDisconnect')).toHaveLength(1)
    expect(device.did('mqttConnect')).toEqual([])
    expect(device.state.context.tuple).toBeNull()
  })
})

describe('REN-4 no report is lost or doubled by a renewal', () => {
  it('unsettled ones are published again with the same id; settled ones are not', () => {
    const device = new Scenario().issuesToken(hour).goesOnline({ renewAfterMs: 5_000 })
    for (const id of ['unanswered', 'accepted', 'done']) device.reports(id)
    const [, second, third] = device.ever('mqttPublish').map(({ delivery }) => delivery)
    device.pubacks(0, second).pubacks(0, third).acknowledges('done', 'accepted')
    const before = device.ever('mqttPublish').length
    device.fires('renewTuple').issuesTuple().closes().connects().subscribes()
    const again = device
      .published()
      .slice(before)
      .map(({ body }) => body.message_id)
    expect(new Set(again)).toEqual(new Set(['unanswered', 'accepted']))
    expect(device.ever('settleReport').map(({ messageId }) => messageId)).toEqual(['done'])
  })

  it('publishing pauses only between DISCONNECT and the new SUBACK', () => {
    const device = online().fires('renewTuple').reports('before')
    expect(device.did('mqttPublish')).toHaveLength(1)
    device.issuesTuple().reports('between').closes().connects().reports('too early')
    device.reports('still-early')
    expect(device.ever('mqttPublish')).toHaveLength(1)
    device.subscribes()
    expect(
      device
        .published()
        .slice(1)
        .map(({ body }) => body.message_id),
    ).toEqual(['before', 'between', 'still-early'])
  })
})

describe('REN-5 nothing is sent on a session whose tuple has expired', () => {
  it('even if the broker left it open and the host’s timer is late', () => {
    const device = online().passes(hour).reports('m-1')
    expect(device.ever('mqttPublish')).toEqual([])
    expect(device.did('mqttDisconnect')).toHaveLength(1)
  })

  it('F-1 a CONNECT that has become due is not made with it', () => {
    const device = online().closes().passes(hour)
    const timer = device.state.context.timers.reconnect?.id ?? ''
    device.happens({ type: 'timer.reconnect', timer })
    expect(device.did('mqttConnect')).toEqual([])
    expect(device.one('enterSafe').reason).toBe('expired')
  })

  it('a SUBACK that comes after it does not bring the session online', () => {
    const device = new Scenario().issuesToken(1_000 * hour).readsCatalog()
    device.issuesTuple({ expiresInMs: 20_000, renewAfterMs: 10_000 }).connects().passes(20_000).subscribes()
    expect(device.ever('announceOnline')).toEqual([])
    expect(device.did('mqttDisconnect')).toHaveLength(1)
  })
})
