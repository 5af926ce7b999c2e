import { describe, expect, it } from 'vitest'
import { reasons, Scenario, topics } from './support/scenario.ts'

const hold = () => new Scenario().issuesToken().readsCatalog().issuesTuple()

describe('CONN-1 connecting with exactly the tuple', () => {
  it('uses the catalog’s broker_url and the returned client id, user name and password', () => {
    const device = new Scenario().issuesToken().readsCatalog()
    const credential = device.one('call').call
    device.issuesTuple({ clientId: 'cdv_b', username: 'someone' })
    expect(device.one('mqttConnect')).toMatchObject({
      url: 'mqtts://mqtt.example.com:8883',
      clientId: 'cdv_b',
      username: 'someone',
      password: { secret: credential },
    })
  })
})

describe('CONN-2 clean start', () => {
  it('is asked for on every connection, and the device publishes again from its own outbox', () => {
    const device = new Scenario()
      .goesOnline()
      .reports('m-1')
      .closes()
      .fires('reconnect')
      .connects()
      .subscribes()
    expect(device.ever('mqttConnect').map(({ cleanStart }) => cleanStart)).toEqual([true, true])
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1', 'm-1'])
  })

  it('has no will message', () => {
    expect(hold().one('mqttConnect').will).toBeNull()
  })
})

describe('CONN-3 connecting is bounded in time', () => {
  it.each(['CONNACK', 'SUBACK'])(
    'no %s in time: the connection is cut, and the next one waits',
    (missing) => {
      const device = hold()
      const { connection } = device.one('mqttConnect')
      if (missing === 'SUBACK') device.connects()
      device.fires('connectTimeout')
      expect(device.one('mqttAbort').connection).toBe(connection)
      expect(device.diagnosed()).toEqual(['connect-timeout'])
      expect(device.in('link')).toBe('waiting')
      expect(device.state.context.connection).toBeNull()
    },
  )

  it('the wait ends at the SUBACK', () => {
    expect(hold().connects().subscribes().waits('connectTimeout')).toBeNull()
  })

  it('the keep alive is asked for', () => {
    expect(hold().one('mqttConnect').keepAliveSeconds).toBe(60)
    const quick = new Scenario({ timing: { keepAliveSeconds: 20 } })
      .issuesToken()
      .readsCatalog()
      .issuesTuple()
    expect(quick.one('mqttConnect').keepAliveSeconds).toBe(20)
  })
})

describe('CONN-4 CONNACK refusals', () => {
  it.each(reasons(0x86, 0x87))(
    '%s spends the tuple: a new one over HTTPS before the next CONNECT (F-2)',
    (_name, reason) => {
      const device = hold().refuses(reason)
      expect(device.did('call')).toEqual([])
      expect(device.waits('retryCall')).toBeGreaterThanOrEqual(1_000)
      device.fires('reconnect')
      if (device.did('call').length === 0) device.fires('retryCall')
      expect(device.one('call').purpose).toBe('credential')
      expect(device.ever('mqttConnect')).toHaveLength(1)
      device.issuesTuple()
      expect(device.one('mqttConnect').password.secret).not.toBe(
        device.ever('mqttConnect')[0]?.password.secret,
      )
    },
  )

  it.each(reasons(0x88, 0x89, 0x97, 0x9f))('%s backs off with the same tuple', (_name, reason) => {
    const device = hold().refuses(reason)
    expect(device.did('call')).toEqual([])
    expect(device.waits('reconnect')).toBe(1_000)
    device.fires('reconnect')
    expect(device.one('mqttConnect').password).toEqual(device.ever('mqttConnect')[0]?.password)
  })

  it.each(reasons(0x9c, 0x9d))('%s asks for the catalog again', (_name, reason) => {
    const device = hold().refuses(reason).fires('retryCall')
    expect(device.one('call').purpose).toBe('catalog')
  })

  it.each(reasons(0x8a, 0x84, 0x85, 0x90, 0x95, 0x81, 0x82, 0x9b))(
    '%s is a client fault: slow retry, and a diagnostic that says which',
    (_name, reason) => {
      const device = hold().refuses(reason)
      expect(device.waits('reconnect')).toBe(300_000)
      expect(device.one('diagnose')).toMatchObject({
        level: 'error',
        code: 'connect-refused',
        rule: 'CONN-4',
      })
      expect(device.one('diagnose').message).toContain(`0x${reason.toString(16)}`)
    },
  )

  it('a slow retry is slow once: the next failure of another kind backs off as usual', () => {
    const device = new Scenario().goesOnline().closes(0x8e)
    expect(device.waits('reconnect')).toBe(300_000)
    device.fires('reconnect').refuses(0x88)
    expect(device.waits('reconnect')).toBe(1_000)
  })

  it.each(reasons(0x86, 0x87, 0x8a, 0x84))(
    '%s on a reconnect makes a device safe at once (SAFE-1)',
    (_name, reason) => {
      const device = new Scenario().goesOnline().closes().fires('reconnect').refuses(reason)
      expect(device.one('enterSafe').reason).toBe('refused')
    },
  )

  it.each(reasons(0x88, 0x89, 0x97, 0x9f, 0x9c))(
    '%s on a reconnect is not yet loss of authority (SAFE-3)',
    (_name, reason) => {
      const device = new Scenario().goesOnline().closes().fires('reconnect').refuses(reason)
      expect(device.did('enterSafe')).toEqual([])
    },
  )
})

describe('CONN-5 CONNACK properties are honoured', () => {
  it('receive maximum: no more publishes wait for their PUBACK', () => {
    const device = hold().connects(1).subscribes().reports('m-1').reports('m-2')
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1'])
    device.pubacks()
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1', 'm-2'])
  })

  it('the limits are those of the connection: a new one has its own', () => {
    const device = hold().connects(1).subscribes().reports('m-1').reports('m-2')
    device.closes().fires('reconnect').connects(10).subscribes()
    expect(device.did('mqttPublish')).toHaveLength(2)
  })

  it('maximum packet size: nothing larger is published (PUB-8)', () => {
    const device = hold()
      .happens({ type: 'mqttConnected', receiveMaximum: 10, maximumPacketSize: 100 })
      .subscribes()
    device.reports('m-1')
    expect(device.one('refuseReport').code).toBe('too-large')
    expect(device.ever('mqttPublish')).toEqual([])
  })
})

describe('CONN-6 at most one connection', () => {
  it('a new tuple while one connects: that connection is cut first', () => {
    const device = new Scenario().goesOnline().fires('renewTuple').issuesToken().closes().fires('reconnect')
    const { connection } = device.one('mqttConnect')
    device.issuesTuple()
    const sequence = device.effects.map(({ type }) => type).filter((type) => type.startsWith('mqtt'))
    expect(sequence).toEqual(['mqttAbort', 'mqttConnect'])
    expect(device.one('mqttAbort').connection).toBe(connection)
  })

  it('a new tuple while one subscribes: that connection is closed first', () => {
    const device = new Scenario()
      .goesOnline()
      .fires('renewTuple')
      .issuesToken()
      .closes()
      .fires('reconnect')
      .connects()
    device.issuesTuple()
    expect(device.did('mqttConnect')).toEqual([])
    expect(device.one('mqttDisconnect').reasonCode).toBe(0)
    device.closes()
    expect(device.did('mqttConnect')).toHaveLength(1)
  })

  it('a connection that does not close in time is cut before the next one opens', () => {
    const device = new Scenario()
      .goesOnline()
      .fires('renewTuple')
      .issuesToken()
      .issuesTuple()
      .fires('closeTimeout')
    const sequence = device.effects.map(({ type }) => type).filter((type) => type.startsWith('mqtt'))
    expect(sequence).toEqual(['mqttAbort', 'mqttConnect'])
  })

  it('CORE-4 what a connection that is gone still says changes nothing', () => {
    const device = new Scenario().goesOnline()
    const old = device.state.context.connection?.id ?? ''
    device.closes().fires('reconnect')
    const before = device.state
    device.happens({ type: 'mqttConnected', connection: old, receiveMaximum: 1, maximumPacketSize: null })
    expect(device.verdict).toBe('stale')
    device.happens({ type: 'mqttClosed', connection: old, cause: 'network', reasonCode: null, detail: '' })
    device.happens({
      type: 'mqttMessageReceived',
      connection: old,
      topic: topics.valveDesired,
      payload: '{}',
    })
    expect(device.verdict).toBe('stale')
    expect(device.effects).toEqual([])
    expect(device.state).toEqual(before)
  })
})
