import { type CallEvent, readAnswer } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { catalogAnswer } from './support/answers.ts'
import { catalog, reasons, Scenario, topics } from './support/scenario.ts'

const read = (body: unknown, status = 200): CallEvent =>
  readAnswer(
    { call: 'call-2', purpose: 'catalog' },
    { status, retryAfterSeconds: null, body: JSON.stringify(body) },
  ).event

describe('CAT-1 the catalog call', () => {
  it('comes after authentication, with the Bearer token, before any credential request', () => {
    const device = new Scenario().issuesToken()
    expect(device.one('call')).toMatchObject({
      purpose: 'catalog',
      method: 'GET',
      url: 'https://api.therealer.com/iot/v1/devices/12345/mqtt',
      authorization: { scheme: 'bearer' },
      body: { kind: 'none' },
    })
    expect(device.ever('call').map(({ purpose }) => purpose)).toEqual(['token', 'catalog'])
  })

  it('passes the device id on as it came, safe in a path', () => {
    const device = new Scenario({ deviceId: 'cdv_a/../b' }).issuesToken()
    expect(device.one('call').url).toBe('https://api.therealer.com/iot/v1/devices/cdv_a%2F..%2Fb/mqtt')
  })
})

describe('CAT-2 the catalog alone decides', () => {
  it('broker address, topics and credential request are the catalog’s', () => {
    const credentialEndpoint = { endpoint: '/other/path', method: 'PUT', body: { any: 'thing' } }
    const device = new Scenario().issuesToken().readsCatalog({
      brokerUrl: 'mqtts://elsewhere.example:1234',
      feedDataAckTopic: 'x/acks',
      credentialEndpoint,
      routes: [],
    })
    expect(device.one('call')).toMatchObject({
      method: 'PUT',
      url: 'https://api.therealer.com/other/path',
      body: { kind: 'json', value: { any: 'thing' } },
    })
    device.issuesTuple()
    expect(device.one('mqttConnect').url).toBe('mqtts://elsewhere.example:1234')
    expect(device.connects().one('mqttSubscribe').topics).toEqual(['x/acks'])
  })
})

describe('CAT-3 limits are honoured, unknown fields ignored', () => {
  it('unknown fields at every level change nothing', () => {
    const body = catalogAnswer()
    const extra = { future: [1, { a: null }] }
    const decorated = {
      ...body,
      ...extra,
      mqtt: { ...body.mqtt, ...extra, limits: { max_inflight_messages: 3, ...extra } },
      mqtt_routes: body.mqtt_routes.map((route) => ({
        ...route,
        ...extra,
        mqtt: { ...route.mqtt, ...extra },
      })),
    }
    const plain = { ...body, mqtt: { ...body.mqtt, limits: { max_inflight_messages: 3 } } }
    expect(read(decorated)).toEqual(read(plain))
    expect(read(plain)).toMatchObject({
      type: 'catalogRead',
      catalog: { limits: { maxInflightMessages: 3 } },
    })
  })

  it.each(['many', -1, 0, 1.5, null, {}, true])(
    'a limit of a form that is not understood (%j) is left alone',
    (limit) => {
      const body = catalogAnswer()
      const event = read({ ...body, mqtt: { ...body.mqtt, limits: { max_payload_bytes: limit } } })
      expect(event).toMatchObject({ type: 'catalogRead', catalog: { limits: { maxPayloadBytes: null } } })
    },
  )

  it('a route of an unknown source type is left out', () => {
    const body = catalogAnswer()
    const event = read({ ...body, mqtt_routes: [{ source_type: 'camera', mqtt: 7 }, ...body.mqtt_routes] })
    expect(event).toEqual(read(body))
  })

  it('max_inflight_messages bounds the publishes that wait for their PUBACK', () => {
    const device = new Scenario().issuesToken()
    device
      .readsCatalog({ limits: { ...catalog.limits, maxInflightMessages: 2 } })
      .issuesTuple()
      .connects()
      .subscribes()
    for (const id of ['a', 'b', 'c']) device.reports(id)
    expect(device.ever('mqttPublish')).toHaveLength(2)
    expect(device.pubacks().ever('mqttPublish')).toHaveLength(3)
  })

  it('keep_alive_seconds shortens the keep alive, and does not lengthen it', () => {
    const keepAliveWith = (keepAliveSeconds: number) =>
      new Scenario()
        .issuesToken()
        .readsCatalog({ limits: { ...catalog.limits, keepAliveSeconds } })
        .issuesTuple()
        .one('mqttConnect').keepAliveSeconds
    expect(keepAliveWith(15)).toBe(15)
    expect(keepAliveWith(900)).toBe(60)
  })
})

describe('CAT-4 no credential_endpoint: MQTT is not available yet', () => {
  const unavailable = () =>
    new Scenario().issuesToken().readsCatalog({ credentialEndpoint: null, routes: [] })

  it('no credential is asked for, the host is told, and it stays safe', () => {
    const device = unavailable()
    expect(device.did('call')).toEqual([])
    expect(device.diagnosed()).toContain('mqtt-unavailable')
    expect(device.one('diagnose').field).toBe('mqtt.credential_endpoint')
    expect(device.ever('leaveSafe')).toEqual([])
    expect(device.ever('mqttConnect')).toEqual([])
  })

  it('the catalog is read again later, and when it has one, the device goes online', () => {
    const device = unavailable()
    expect(device.waits('retryCall')).toBe(300_000)
    expect(device.fires('retryCall').one('call').purpose).toBe('catalog')
    device.goesOnline()
    expect(device.in('link')).toBe('online')
  })

  it('a device whose access ends goes on until its tuple runs out, then is safe', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x87).fires('retryCall')
    device.readsCatalog({ credentialEndpoint: null, routes: [] })
    expect(device.in('link')).toBe('online')
    expect(device.did('enterSafe')).toEqual([])
    device.reports('m-2')
    expect(device.did('acceptReport')).toHaveLength(1)
    expect(device.did('settleReport')).toEqual([])
    device.fires('expireTuple')
    expect(device.one('enterSafe').reason).toBe('expired')
  })

  it('reports are still taken and kept (SAFE-2)', () => {
    const device = unavailable().reports('m-1')
    expect(device.one('acceptReport').messageId).toBe('m-1')
    device.fires('retryCall').goesOnline()
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1'])
  })
})

describe('CAT-5 catalog topics only', () => {
  it('a sensor route has a feed_data_topic, a command route both topics', () => {
    const body = catalogAnswer()
    const without = (index: number, field: string) => ({
      ...body,
      mqtt_routes: body.mqtt_routes.map((route, at) =>
        at === index ? { ...route, mqtt: { ...route.mqtt, [field]: undefined } } : route,
      ),
    })
    expect(read(without(0, 'feed_data_topic'))).toMatchObject({ field: 'mqtt_routes.0.mqtt.feed_data_topic' })
    expect(read(without(1, 'feed_data_topic'))).toMatchObject({ field: 'mqtt_routes.1.mqtt.feed_data_topic' })
    expect(read(without(1, 'desired_topic'))).toMatchObject({ field: 'mqtt_routes.1.mqtt.desired_topic' })
  })

  it('every publish and every subscription is to a catalog topic', () => {
    const device = new Scenario().goesOnline().reports('m-1').desires('des_1', 1).finishes('des_1')
    const known = new Set(Object.values(topics))
    const used = [
      ...device.ever('mqttSubscribe').flatMap(({ topics: asked }) => asked),
      ...device.published().map(({ topic }) => topic),
    ]
    expect(used).toHaveLength(4)
    expect(used.filter((topic) => !known.has(topic))).toEqual([])
  })

  it.each(['a/#', 'a/+/b', 'a\0b'])(
    'a topic that is none (%j) is refused: nobody publishes to a wildcard',
    (topic) => {
      const body = catalogAnswer()
      expect(read({ ...body, mqtt: { ...body.mqtt, feed_data_ack_topic: topic } })).toMatchObject({
        failure: 'malformed',
        field: 'mqtt.feed_data_ack_topic',
      })
    },
  )

  it('a report for a route that no catalog has is refused at the door, and told where the catalog came later', () => {
    const device = new Scenario().reports('early', 'rte_nowhere')
    expect(device.did('acceptReport')).toHaveLength(1)
    device.goesOnline()
    expect(device.one('settleReport')).toMatchObject({
      messageId: 'early',
      result: 'failed',
      status: 'route-unknown',
    })
    device.reports('late', 'rte_nowhere')
    expect(device.one('refuseReport')).toMatchObject({
      messageId: 'late',
      code: 'route-unknown',
      field: 'route',
    })
  })

  it.each(['rte_vlave', 'rte_temperature'])(
    'a command route %s that the catalog does not have is told',
    (name) => {
      const device = new Scenario({ commandRoutes: ['rte_valve', name] }).issuesToken().readsCatalog()
      expect(device.one('diagnose')).toMatchObject({
        code: 'route-unknown',
        field: 'commandRoutes',
        rule: 'CAT-5',
      })
      expect(device.one('diagnose').message).toContain(name)
    },
  )

  it('a message on a topic that is none of the device’s is ignored with a diagnostic', () => {
    const device = new Scenario().goesOnline()
    device.happens({ type: 'mqttMessageReceived', topic: 'x/y', payload: '{}' })
    expect(device.verdict).toBe('ignored')
    expect(device.diagnosed()).toEqual(['event-ignored'])
  })

  it('a name that two routes share means neither', () => {
    const device = new Scenario().goesOnline().reports('m-1', 'feed-data')
    expect(device.one('refuseReport').code).toBe('route-unknown')
  })

  it('the configuration’s own names lead to routes', () => {
    const device = new Scenario({ routes: { kitchen: 'rte_temperature' } })
      .goesOnline()
      .reports('m-1', 'kitchen')
    expect(device.one('mqttPublish').topic).toBe(topics.temperature)
  })
})

describe('CAT-6 HTTP status and body code are both checked', () => {
  it.each([
    [200, 2000, 'catalogRead'],
    [200, undefined, 'catalogRead'],
    [201, 2000, 'catalogRead'],
    [200, 4003, 'callRefused'],
    [200, 4029, 'callFailed'],
    [403, 2000, 'callRefused'],
    [403, undefined, 'callRefused'],
    [404, 4004, 'callRefused'],
    [429, undefined, 'callFailed'],
    [500, 2000, 'callFailed'],
    [302, 2000, 'callFailed'],
  ])('HTTP %i with code %s is %s', (status, code, type) => {
    expect(read({ ...catalogAnswer(), code }, status).type).toBe(type)
  })
})

describe('CAT-7 a catalog that lacks what is needed', () => {
  it('is refused with the field’s name; nothing is connected', () => {
    const device = new Scenario().issuesToken()
    const broken: CallEvent = read({ code: 2000, mqtt: { broker_url: 'mqtts://b' }, mqtt_routes: [] })
    expect(broken).toMatchObject({ failure: 'malformed', field: 'mqtt.client_id' })
    device.happens({ ...broken, call: device.state.context.call?.id ?? '' })
    expect(device.one('diagnose')).toMatchObject({
      code: 'call-malformed',
      field: 'mqtt.client_id',
      rule: 'CAT-7',
    })
    expect(device.in('authority')).toBe('backingOff')
    expect(device.ever('mqttConnect')).toEqual([])
  })

  it('leaves the last good session alone while its tuple is valid', () => {
    const device = new Scenario().goesOnline().reports('m-1').pubacks(0x87)
    device.fires('retryCall').callFails('malformed')
    expect(device.in('link')).toBe('online')
    expect(device.did('enterSafe')).toEqual([])
    expect(device.reports('m-2', 'rte_humidity').did('mqttPublish')).toHaveLength(1)
  })
})

describe('CAT-8 the catalog is read again', () => {
  it.each(reasons(0x9c, 0x9d))('when the broker names another server in CONNACK (%s)', (_name, reason) => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple().refuses(reason)
    expect(device.fires('retryCall').one('call').purpose).toBe('catalog')
  })

  it.each(reasons(0x9c, 0x9d))('when the broker names another server in DISCONNECT (%s)', (_name, reason) => {
    const device = new Scenario().goesOnline().closes(reason)
    expect(device.fires('retryCall').one('call').purpose).toBe('catalog')
  })

  it.each(reasons(0x87, 0x90))(
    'when the broker refuses a publish on a catalog topic (%s)',
    (_name, reason) => {
      const device = new Scenario().goesOnline().reports('m-1').pubacks(reason)
      expect(device.fires('retryCall').one('call').purpose).toBe('catalog')
    },
  )

  it('when the acknowledgement topic is refused', () => {
    const device = new Scenario().issuesToken().readsCatalog().issuesTuple().connects()
    device.subscribes([topics.acknowledgements])
    expect(device.fires('retryCall').one('call').purpose).toBe('catalog')
  })

  it('when the credential endpoint answers 404', () => {
    const device = new Scenario().issuesToken().readsCatalog().callIsRefused(404, 4004)
    expect(device.fires('retryCall').one('call').purpose).toBe('catalog')
  })

  it('never in a hot loop: each doubt waits longer than the one before, until the session was stable (REC-4)', () => {
    const device = new Scenario({ timing: { publishTimeoutMs: 3_600_000 } }).goesOnline()
    device.random = 0.999
    const waits: number[] = []
    device.reports('m-0')
    for (let n = 0; n < 4; n += 1) {
      device.pubacks(0x87)
      expect(device.did('call')).toEqual([])
      waits.push(device.waits('retryCall') ?? 0)
      device.fires('retryCall').readsCatalog().issuesTuple().closes().connects().subscribes()
    }
    expect(waits).toEqual([1_999, 3_997, 7_993, 15_985])
    device.pubacks().fires('stableOnline').reports('m-9', 'rte_humidity').pubacks(0x87)
    expect(device.waits('retryCall')).toBe(1_999)
  })
})
