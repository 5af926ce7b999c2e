import { describe, expect, it } from 'vitest'
import { reasons, Scenario } from './support/scenario.ts'

const online = () => new Scenario().issuesToken(3_600_000_000).goesOnline()

describe('REC-1 a lost connection', () => {
  it('is rebuilt with the current tuple while it is valid', () => {
    const device = online().closes()
    expect(device.one('announceOffline').because).toBe('lost')
    expect(device.did('call')).toEqual([])
    device.fires('reconnect')
    expect(device.one('mqttConnect').password).toEqual(device.ever('mqttConnect')[0]?.password)
    expect(device.connects().subscribes().one('announceOnline').after).toBe('reconnect')
  })

  it.each(['the network', 'a time-out', 'a close before SUBACK'])(
    'if that fails by %s, a new tuple comes over HTTPS before the next connection',
    (how) => {
      const device = online().closes().fires('reconnect')
      if (how === 'the network') device.closes()
      if (how === 'a time-out') device.fires('connectTimeout')
      if (how === 'a close before SUBACK') device.connects().closes()
      expect(device.did('call')).toEqual([])
      expect(device.fires('retryCall').one('call').purpose).toBe('credential')
      expect(device.did('mqttConnect')).toEqual([])
      device.issuesTuple()
      if (device.waits('reconnect') !== null) device.fires('reconnect')
      expect(device.one('mqttConnect').password).not.toEqual(device.ever('mqttConnect')[0]?.password)
    },
  )

  it.each(reasons(0x85, 0x84, 0x8a, 0x90))(
    'if it is refused with %s, which may be the fault of the tuple, a new one comes before the next connection',
    (_name, reason) => {
      const device = online().closes().fires('reconnect').refuses(reason).fires('retryCall')
      expect(device.one('call').purpose).toBe('credential')
      device.issuesTuple().fires('reconnect')
      expect(device.one('mqttConnect').password.secret).toBe(device.state.context.tuple?.secret)
    },
  )

  it.each([
    ['is closed', (device: Scenario) => device.closes()],
    ['is not answered', (device: Scenario) => device.fires('connectTimeout')],
    ['is refused with 0x85', (device: Scenario) => device.refuses(0x85)],
  ])(
    'CORE-7 where every connection %s, the catalog may name a broker that is gone: it is read again',
    (_how, fail) => {
      const device = fail(online().closes().fires('reconnect')).fires('retryCall')
      expect(device.one('call').purpose).toBe('credential')
      device.issuesTuple()
      if (device.waits('reconnect') !== null) device.fires('reconnect')
      fail(device).fires('retryCall')
      expect(device.one('call').purpose).toBe('catalog')
      device.readsCatalog({ brokerUrl: 'mqtts://moved.example:8883' }).issuesTuple()
      if (device.waits('reconnect') !== null) device.fires('reconnect')
      expect(device.one('mqttConnect').url).toBe('mqtts://moved.example:8883')
    },
  )

  it('with an expired tuple, a new one comes over HTTPS', () => {
    const device = online().fires('renewTuple').callFails().closes().fires('expireTuple')
    device.reports('m-1')
    expect(device.ever('mqttConnect')).toHaveLength(1)
    device.issuesTuple()
    expect(device.one('mqttConnect').password.secret).toBe(device.state.context.tuple?.secret)
  })
})

describe('REC-2 backoff', () => {
  it('is exponential, between a floor and a cap', () => {
    const device = online()
    device.random = 0.999_999
    const waits: number[] = []
    for (let n = 0; n < 12; n += 1) {
      device.closes(0x8b)
      waits.push(device.waits('reconnect') ?? 0)
      device.fires('reconnect').connects().subscribes()
    }
    expect(waits.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000])
    expect(Math.max(...waits)).toBe(300_000)
  })

  it('has full jitter: the floor at the least chance, the randomness comes with the event', () => {
    const waitAt = (random: number) => {
      const device = online()
      device.random = random
      return device.closes(0x8b).fires('reconnect').refuses(0x88).waits('reconnect')
    }
    expect([0, 0.25, 0.5, 0.75].map(waitAt)).toEqual([1_000, 1_750, 2_500, 3_250])
  })

  it('starts afresh only after the session was online for a while', () => {
    const device = online()
    device.random = 0.999_999
    device.closes(0x8b).fires('reconnect').connects().subscribes().passes(59_999).closes(0x8b)
    expect(device.waits('reconnect')).toBe(4_000)
    device.fires('reconnect').connects().subscribes().fires('stableOnline').closes(0x8b)
    expect(device.waits('reconnect')).toBe(2_000)
  })

  it('of HTTPS calls starts afresh at the same point, not with the first good answer', () => {
    const device = new Scenario()
    device.random = 0.999_999
    device.callFails().fires('retryCall').issuesToken(3_600_000_000).callFails()
    expect(device.waits('retryCall')).toBe(4_000)
    device.fires('retryCall').goesOnline().fires('renewTuple').callFails()
    expect(device.waits('retryCall')).toBe(2_000)
  })

  it('honours Retry-After, and never waits less than the backoff', () => {
    expect(new Scenario().callFails('busy', 90_000).waits('retryCall')).toBe(90_000)
    expect(new Scenario().callFails('busy', 10).waits('retryCall')).toBe(1_000)
  })
})

describe('REC-3 DISCONNECT reasons', () => {
  it.each(reasons(0x87, 0x98, 0xa0))('%s: a new tuple', (_name, reason) => {
    const device = online().closes(reason).fires('retryCall')
    expect(device.one('call').purpose).toBe('credential')
    expect(device.did('mqttConnect')).toEqual([])
    device.issuesTuple()
    if (device.waits('reconnect') !== null) device.fires('reconnect')
    expect(device.one('mqttConnect').password.secret).toBe(device.state.context.tuple?.secret)
  })

  it('0x87 is loss of authority at once, 0x98 and 0xa0 only when no new tuple comes in time (SAFE-1)', () => {
    expect(online().closes(0x87).one('enterSafe').reason).toBe('refused')
    for (const reason of [0x98, 0xa0]) {
      const device = online().closes(reason)
      expect(device.did('enterSafe')).toEqual([])
      device.callFails().fires('expireTuple')
      expect(device.one('enterSafe').reason).toBe('expired')
    }
  })

  it('0x8e, taken over: no fight, a long wait and a diagnostic (F-7)', () => {
    const device = online().closes(0x8e)
    expect(device.waits('reconnect')).toBe(300_000)
    expect(device.one('diagnose')).toMatchObject({ code: 'connection-lost', rule: 'REC-3' })
    expect(device.one('diagnose').message).toContain('0x8e')
  })

  it('F-7 two devices with one client id take over ever more rarely', () => {
    const device = online()
    const began = device.now
    for (let n = 0; n < 10; n += 1) device.closes(0x8e).fires('reconnect').connects().subscribes()
    expect(device.now - began).toBeGreaterThanOrEqual(10 * 300_000)
  })

  it.each(reasons(0x9c, 0x9d))('%s: the catalog again', (_name, reason) => {
    expect(online().closes(reason).fires('retryCall').one('call').purpose).toBe('catalog')
  })

  it.each(reasons(0x8b, 0x89, 0x97, 0x96, 0x81, 0x82, 0x93, 0x95))(
    '%s: back off, same tuple, a diagnostic',
    (_name, reason) => {
      const device = online().closes(reason)
      expect(device.did('call')).toEqual([])
      expect(device.diagnosed()).toEqual(['connection-lost'])
      device.fires('reconnect')
      expect(device.one('mqttConnect').password).toEqual(device.ever('mqttConnect')[0]?.password)
    },
  )
})

describe('REC-4 a refusal never turns into a hot loop', () => {
  it.each([
    ['CONNACK 0x87', (device: Scenario) => device.refuses(0x87)],
    ['CONNACK 0x88', (device: Scenario) => device.refuses(0x88)],
    ['CONNACK 0x9c', (device: Scenario) => device.refuses(0x9c)],
    ['CONNACK 0x8a', (device: Scenario) => device.refuses(0x8a)],
    ['a lost connection', (device: Scenario) => device.closes()],
  ])('%s for ever: between two connections there is always a wait, and it grows', (_what, fail) => {
    const device = online().closes(0x8b)
    const waits: number[] = []
    device.random = 0.999
    for (let n = 0; n < 8; n += 1) {
      const before = device.now
      while (device.in('link') !== 'connecting') {
        const call = device.state.context.call?.purpose
        if (call === 'catalog') device.readsCatalog()
        else if (call === 'credential') device.issuesTuple()
        else if (device.waits('reconnect') !== null) device.fires('reconnect')
        else device.fires('retryCall')
      }
      waits.push(device.now - before)
      fail(device)
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000)
    expect(waits.at(-1)).toBeGreaterThan(60_000)
  })

  it.each([
    [400, 'token'],
    [403, 'catalog'],
    [404, 'credential'],
    [403, 'credential'],
    [401, 'credential'],
  ])('HTTP %i on the %s call for ever: between two such calls there is always a timer', (status, purpose) => {
    const device = new Scenario()
    let timers = 0
    for (let n = 0; n < 60; n += 1) {
      const call = device.state.context.call?.purpose
      if (call === undefined) {
        timers += 1
        device.fires('retryCall')
      } else if (call === purpose) device.callIsRefused(status)
      else if (call === 'token') device.issuesToken()
      else device.readsCatalog()
    }
    const refused = device.ever('call').filter((call) => call.purpose === purpose).length
    // AUTH-5 grants one more call after a first 401.
    expect(refused).toBeLessThanOrEqual((timers + 1) * (status === 401 ? 2 : 1))
    expect(timers).toBeGreaterThan(5)
  })
})
