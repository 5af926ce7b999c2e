import { describe, expect, it } from 'vitest'
import { Scenario } from './support/scenario.ts'

describe('STOP-1 an intentional stop', () => {
  it('is DISCONNECT (0x00), then revocation, then stopped', () => {
    const device = new Scenario().goesOnline()
    const before = device.history.length
    device.stops().closes().happens({ type: 'tokenRevoked' })
    const order = device.history
      .slice(before)
      .map(({ type }) => type)
      .filter((type) => ['mqttDisconnect', 'announceOffline', 'call', 'announceStopped'].includes(type))
    expect(order).toEqual(['announceOffline', 'mqttDisconnect', 'call', 'announceStopped'])
    expect(device.in('link')).toBe('stopped')
  })

  it('starts no new command, whatever waits and whatever comes', () => {
    const device = new Scenario().goesOnline().desires('des_1', 1).desires('des_2', 2)
    device.stops().finishes('des_1').desires('des_3', 3).closes()
    expect(device.ever('startCommand').map(({ desiredId }) => desiredId)).toEqual(['des_1'])
  })

  it.each(['closing', 'revoking'])('is bounded in time while %s', (phase) => {
    const device = new Scenario().goesOnline()
    const began = device.now
    device.stops()
    if (phase === 'revoking') device.closes()
    while (device.in('link') !== 'stopped') {
      const [next] = Object.entries(device.state.context.timers).sort(([, a], [, b]) => a.dueAt - b.dueAt)
      device.fires(next?.[0] as 'stopTimeout')
    }
    expect(device.now - began).toBeLessThanOrEqual(15_000)
    expect(device.ever('announceStopped')).toHaveLength(1)
    expect(device.state.context.timers).toEqual({})
  })

  it('a connection that does not close in time is cut, and the token is still revoked', () => {
    const device = new Scenario().goesOnline().stops().fires('closeTimeout')
    expect(device.did('mqttAbort')).toHaveLength(1)
    expect(device.one('call').purpose).toBe('revoke')
  })

  it('unsettled reports stay, and new ones are refused', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks().stops().closes()
    device.happens({ type: 'tokenRevoked' }).reports('m-2')
    expect(device.one('refuseReport')).toMatchObject({ messageId: 'm-2', code: 'stopped' })
    expect(device.state.context.reports.map(({ messageId }) => messageId)).toEqual(['m-1'])
    expect(device.ever('settleReport')).toEqual([])
  })

  it('the outcome of a command that was running is kept, with the report that waits', () => {
    const device = new Scenario().goesOnline().desires('des_1', 1).stops().closes().finishes('des_1')
    expect(device.state.context.reports.map(({ desiredId }) => desiredId)).toEqual(['des_1'])
  })

  it('while a connection opens: it is closed like any other, whatever CONNACK says', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple().stops()
    expect(device.did('mqttDisconnect')).toHaveLength(1)
    device.connects()
    expect(device.verdict).toBe('ignored')
    expect(device.ever('mqttSubscribe')).toEqual([])
    device.closes()
    expect(device.one('call').purpose).toBe('revoke')
  })

  it('while a connection opens and is refused: the stop goes on', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple().stops().refuses(0x87)
    expect(device.one('call').purpose).toBe('revoke')
  })

  it('while a session is closing already: no second DISCONNECT', () => {
    const device = new Scenario().goesOnline().fires('renewTuple').issuesToken().issuesTuple().stops()
    expect(device.ever('mqttDisconnect')).toHaveLength(1)
    expect(device.closes().one('call').purpose).toBe('revoke')
  })

  it('while a call is outstanding: it is cancelled, and its answer is stale (CORE-4)', () => {
    const device = new Scenario().issuesToken()
    const { call } = device.one('call')
    device.stops()
    expect(device.one('cancelCall').call).toBe(call)
    device.happens({
      type: 'callFailed',
      call,
      failure: 'network',
      detail: '',
      field: null,
      retryAfterMs: null,
    })
    expect(device.verdict).toBe('stale')
  })

  it('comes before timers that are overdue: no connection opens on its account', () => {
    const device = new Scenario().goesOnline().closes().passes(10_000).stops()
    expect(device.did('mqttConnect')).toEqual([])
    expect(device.one('call').purpose).toBe('revoke')
  })

  it('an answered revocation is not cancelled', () => {
    const device = new Scenario().goesOnline().stops().closes().happens({ type: 'tokenRevoked' })
    expect(device.did('cancelCall')).toEqual([])
  })

  it('a report that waits for its retry sets no timer any more', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x80).stops().closes()
    expect(device.waits('reports')).toBeNull()
    device.happens({ type: 'tokenRevoked' })
    expect(device.state.context.timers).toEqual({})
    expect(device.state.context.reports).toHaveLength(1)
  })

  it('twice: the second changes nothing', () => {
    const device = new Scenario().goesOnline().stops()
    const before = device.state
    device.stops('decommissioning')
    expect(device.verdict).toBe('ignored')
    expect(device.state).toEqual(before)
  })

  it('the reason is told', () => {
    const device = new Scenario().stops('decommissioning')
    expect(device.one('announceStopped').reason).toBe('decommissioning')
  })
})

describe('STOP-2 credential compromise', () => {
  it('drops every secret in memory, and does not wait for what is in flight', () => {
    const device = new Scenario().goesOnline().reports('m-1')
    const { token, tuple } = device.state.context
    device.stops('compromise')
    expect(device.did('mqttDisconnect')).toHaveLength(1)
    device.closes().happens({ type: 'tokenRevoked' })
    const forgotten = device.ever('forgetSecret').map(({ secret }) => secret)
    expect(forgotten).toEqual(expect.arrayContaining(['client', token?.secret, tuple?.secret]))
    expect(device.state.context.token).toBeNull()
    expect(device.state.context.tuple).toBeNull()
  })

  it('sends DISCONNECT and asks for the revocation in one step: the end of the connection is not awaited', () => {
    const device = new Scenario().goesOnline().stops('compromise')
    expect(device.one('mqttDisconnect').reasonCode).toBe(0)
    expect(device.one('call').purpose).toBe('revoke')
    device.happens({ type: 'tokenRevoked' })
    expect(device.did('mqttAbort')).toHaveLength(1)
    expect(device.one('announceStopped')).toMatchObject({ reason: 'compromise', revoked: true })
  })

  it.each(['mqttClosed', 'closeTimeout'])('the connection may end while the token is revoked (%s)', (end) => {
    const device = new Scenario().goesOnline().stops('compromise')
    if (end === 'mqttClosed') device.closes()
    else device.fires('closeTimeout')
    expect(device.state.context.connection).toBeNull()
    expect(device.happens({ type: 'tokenRevoked' }).one('announceStopped').revoked).toBe(true)
  })

  it('found out during a shutdown that waits for its connection: it waits no more', () => {
    const device = new Scenario().goesOnline().stops('shutdown').stops('compromise')
    expect(device.verdict).toBe('taken')
    expect(device.one('call').purpose).toBe('revoke')
    expect(device.happens({ type: 'tokenRevoked' }).one('announceStopped').reason).toBe('compromise')
  })

  it('found out while the token is revoked already: the reason is told', () => {
    const device = new Scenario().goesOnline().stops('shutdown').closes().stops('compromise')
    expect(device.verdict).toBe('taken')
    expect(device.did('call')).toEqual([])
    expect(device.happens({ type: 'tokenRevoked' }).one('announceStopped').reason).toBe('compromise')
  })

  it('before there is a token, it ends at once', () => {
    expect(new Scenario().stops('compromise').one('announceStopped').revoked).toBe(false)
  })
})
