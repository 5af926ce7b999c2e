import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bootstrap, connectDevice, feed, onlineDevice, openDevice, reading } from './test-device.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox({
    limits: { receiveMaximum: 3, maximumPacketSize: 2048, keepAliveSeconds: 60 },
  })
})
afterEach(() => sandbox.stop())

function rules(): string[] {
  return sandbox.ledger.summary().violations.map(({ rule }) => rule)
}

describe('CONNECT', () => {
  it('CONN-5: CONNACK announces the limits and what is not supported (MQTT 5, 3.2.2.3)', async () => {
    const { tuple } = await bootstrap(sandbox)
    const device = await connectDevice(sandbox, tuple, {
      keepalive: 0,
      properties: { sessionExpiryInterval: 100 },
    })
    expect(device.connack).toMatchObject({ reasonCode: 0, sessionPresent: false })
    expect(device.connack.properties).toEqual({
      receiveMaximum: 3,
      maximumPacketSize: 2048,
      maximumQoS: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      sessionExpiryInterval: 0,
      serverKeepAlive: 60,
    })
    await device.disconnect()
  })

  it('CONN-4: each kind of wrong CONNECT has its reason code', async () => {
    const { tuple } = await bootstrap(sandbox)
    const noConnect = { ...tuple, mqtt_username: 'realer-unknown' }
    const cases = [
      [await connectDevice(sandbox, tuple, { protocolVersion: 4 }), 0x84, 'protocol-version'],
      [await connectDevice(sandbox, tuple, { clientId: 'cdv_other' }), 0x85, 'client-id'],
      [await connectDevice(sandbox, noConnect), 0x86, 'unknown-user'],
      [await connectDevice(sandbox, tuple, { password: Buffer.from('no') }), 0x86, 'wrong-password'],
      [
        await connectDevice(sandbox, tuple, { properties: { authenticationMethod: 'x' } }),
        0x8c,
        'authentication-method',
      ],
      [await connectDevice(sandbox, tuple, { will: { topic: 't', payload: 'x', qos: 1 } }), 0x87, 'will'],
      [
        await connectDevice(sandbox, tuple, {
          will: { topic: feed(sandbox, 'door'), payload: 'x', qos: 1, retain: true },
        }),
        0x87,
        'will',
      ],
      [
        await connectDevice(sandbox, tuple, { will: { topic: feed(sandbox, 'door'), payload: 'x', qos: 0 } }),
        0x87,
        'will',
      ],
    ] as const
    for (const [device, reasonCode] of cases) {
      expect(device.connack.reasonCode).toBe(reasonCode)
      expect(await device.closed).toBeUndefined()
    }
    const refused = sandbox.ledger.entries.filter((entry) => entry.kind === 'connect')
    expect(refused).toMatchObject(
      cases.map(([, reasonCode, refusal]) => ({ outcome: 'refused', reasonCode, refusal })),
    )
  })

  it('MQTT 5, 3.1.0: another packet before CONNECT, and a second CONNECT, are protocol errors', async () => {
    const early = await openDevice(sandbox)
    early.send({ cmd: 'pingreq' })
    await early.closed
    const device = await onlineDevice(sandbox)
    device.send({ cmd: 'connect', protocolVersion: 5, clean: true, clientId: sandbox.clientId })
    expect((await device.next('disconnect')).reasonCode).toBe(0x82)
    expect(rules()).toEqual(['MQTT5 3.1.0', 'MQTT5 3.1.0'])
  })

  it('MQTT 5, 4.13: bytes that are no MQTT close the connection', async () => {
    const device = await onlineDevice(sandbox)
    device.socket.write(Buffer.from([0x00, 0x00]))
    expect((await device.next('disconnect')).reasonCode).toBe(0x81)
    expect(rules()).toEqual(['MQTT5 4.13'])
  })

  it('MQTT 5, 3.1.2.10: a silent device is disconnected after one and a half keep-alives', async () => {
    const { tuple } = await bootstrap(sandbox)
    const device = await connectDevice(sandbox, tuple, { keepalive: 1 })
    expect((await device.next('disconnect')).reasonCode).toBe(0x8d)
    const entry = await sandbox.ledger.untilKind('disconnect')
    const connected = await sandbox.ledger.untilKind('connect')
    expect(entry).toMatchObject({ how: 'by-broker', reasonCode: 0x8d })
    expect(entry.atMs - connected.atMs).toBeGreaterThanOrEqual(1490)
  })

  it('AUTH-8: the Bearer token as password, or any secret in a payload, is a violation', async () => {
    const { tuple, token } = await bootstrap(sandbox)
    const refused = await connectDevice(sandbox, tuple, { password: Buffer.from(token) })
    expect(refused.connack.reasonCode).toBe(0x86)
    const device = await onlineDevice(sandbox)
    await device.publish(feed(sandbox, 'temperature'), reading('m-1', `oops ${tuple.mqtt_credential}`))
    expect(rules()).toEqual(['AUTH-8', 'AUTH-8'])
    await device.disconnect()
  })

  it('CONN-2: a will reaches the application where the connection is lost, and not after DISCONNECT 0x00', async () => {
    const { tuple } = await bootstrap(sandbox)
    const will = (messageId: string) => ({
      topic: feed(sandbox, 'door'),
      payload: Buffer.from(JSON.stringify(reading(messageId, 'gone'))),
      qos: 1 as const,
      retain: false,
    })
    const polite = await connectDevice(sandbox, tuple, { will: will('m-polite') })
    await polite.disconnect()
    const lost = await connectDevice(sandbox, tuple, { will: will('m-lost') })
    lost.socket.destroy()
    const taken = await sandbox.ledger.untilKind('acknowledgement')
    expect(taken).toMatchObject({ messageId: 'm-lost', route: 'door', status: 'accepted' })
    expect(sandbox.ledger.summary()).toMatchObject({ received: 1, violations: [] })
  })

  it('answers PINGREQ', async () => {
    const device = await onlineDevice(sandbox)
    device.send({ cmd: 'pingreq' })
    await device.next('pingresp')
    await device.disconnect()
  })

  it('MQTT 5, 3.1.4: the same client id connecting again ends the older session with 0x8E', async () => {
    const first = await onlineDevice(sandbox)
    const second = await connectDevice(sandbox, first.tuple)
    expect(second.connack.reasonCode).toBe(0)
    expect((await first.next('disconnect')).reasonCode).toBe(0x8e)
    await first.closed
    await second.disconnect()
  })
})

describe('SUBSCRIBE', () => {
  it('CAT-5: wildcards, shared subscriptions, identifiers and foreign topics are refused', async () => {
    const device = await onlineDevice(sandbox)
    const own = `realer/iot/v1/devices/${sandbox.clientId}`
    const granted = await device.subscribe(
      `${own}/#`,
      `$share/g/${own}/acks`,
      'other/acks',
      feed(sandbox, 'door'),
    )
    expect(granted).toEqual([0xa2, 0x9e, 0x87, 0x87])
    expect(rules()).toEqual(['CAT-5', 'CAT-5', 'CAT-5', 'CAT-5'])
    const subscriptions = [{ topic: `${own}/acks`, qos: 1 as const }]
    device.send({ cmd: 'subscribe', messageId: 9, subscriptions, properties: { subscriptionIdentifier: 1 } })
    expect((await device.next('disconnect')).reasonCode).toBe(0xa1)
  })

  it('after UNSUBSCRIBE nothing more is delivered', async () => {
    const device = await onlineDevice(sandbox)
    const topic = sandbox.routes.door?.desiredTopic ?? ''
    device.send({ cmd: 'unsubscribe', messageId: 50, unsubscriptions: [topic, 'never'] })
    expect((await device.next('unsuback')).granted).toEqual([0, 0x11])
    sandbox.desire('door', 'open')
    await sandbox.ledger.untilKind('desired', ({ delivery }) => delivery === 'held')
    await device.disconnect()
  })

  it('SUB-1: another QoS than 1 is a violation, and never granted above 1', async () => {
    const { tuple, acknowledgementTopic: topic } = await bootstrap(sandbox)
    const device = await connectDevice(sandbox, tuple)
    device.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 2 }] })
    expect((await device.next('suback')).granted).toEqual([1])
    expect(rules()).toEqual(['SUB-1'])
    await device.disconnect()
  })
})

describe('PUBLISH', () => {
  it.each([
    ['PUB-1: retain', { retain: true }, 0x9a, 'PUB-1'],
    ['PUB-1: QoS 0', { qos: 0 as const }, 0x9b, 'PUB-1'],
    ['PUB-1: QoS 2', { qos: 2 as const }, 0x9b, 'PUB-1'],
    ['MQTT 5, 3.3.2.3.4: a topic alias', { properties: { topicAlias: 1 } }, 0x94, 'MQTT5 3.3.2.3.4'],
  ])('%s ends the session, and the message is not taken', async (_title, overrides, reasonCode, rule) => {
    const device = await onlineDevice(sandbox)
    device.publish(feed(sandbox, 'temperature'), reading('m-1'), overrides).catch(() => undefined)
    expect((await device.next('disconnect')).reasonCode).toBe(reasonCode)
    expect(rules()).toEqual([rule])
    expect(sandbox.ledger.summary().received).toBe(0)
  })

  it('PUB-8: more publishes at once than the receive maximum are seen and refused with 0x93', async () => {
    const device = await onlineDevice(sandbox)
    sandbox.faults.order({ at: 'publish', delayMs: 60_000, times: 4 })
    for (const id of ['m-1', 'm-2', 'm-3', 'm-4']) {
      device.publish(feed(sandbox, 'temperature'), reading(id)).catch(() => undefined)
    }
    expect((await device.next('disconnect')).reasonCode).toBe(0x93)
    expect(rules()).toEqual(['PUB-8'])
    expect(sandbox.ledger.summary().received).toBe(3)
  })

  it('PUB-8: one more than the receive maximum in one write is seen, however fast the broker answers', async () => {
    const device = await onlineDevice(sandbox)
    device.socket.cork()
    for (const id of ['m-1', 'm-2', 'm-3', 'm-4']) {
      device.publish(feed(sandbox, 'temperature'), reading(id)).catch(() => undefined)
    }
    device.socket.uncork()
    expect((await device.next('disconnect')).reasonCode).toBe(0x93)
  })

  it('PUB-8: as many as the receive maximum, in one write, are taken', async () => {
    const device = await onlineDevice(sandbox)
    device.socket.cork()
    const answers = ['m-1', 'm-2', 'm-3'].map((id) =>
      device.publish(feed(sandbox, 'temperature'), reading(id)),
    )
    device.socket.uncork()
    for (const { reasonCode } of await Promise.all(answers)) expect(reasonCode).toBe(0)
    expect(rules()).toEqual([])
    await device.disconnect()
  })

  it('PUB-8: a packet over the maximum size ends the session with 0x95, even before all of it is there', async () => {
    const whole = await onlineDevice(sandbox)
    whole.publish(feed(sandbox, 'temperature'), reading('m-1', 'x'.repeat(3000))).catch(() => undefined)
    expect((await whole.next('disconnect')).reasonCode).toBe(0x95)
    const partial = await onlineDevice(sandbox)
    partial.socket.write(Buffer.concat([Buffer.from([0x32, 0xff, 0xff, 0x7f]), Buffer.alloc(3000)]))
    expect((await partial.next('disconnect')).reasonCode).toBe(0x95)
    expect(rules()).toEqual(['PUB-8', 'PUB-8'])
  })

  it('SUB-2: publishing before the acknowledgement topic was granted is recorded', async () => {
    const { tuple } = await bootstrap(sandbox)
    const device = await connectDevice(sandbox, tuple)
    await device.publish(feed(sandbox, 'temperature'), reading('m-1'))
    expect(rules()).toEqual(['SUB-2'])
    const entry = await sandbox.ledger.untilKind('acknowledgement')
    expect(entry).toMatchObject({ status: 'accepted', delivery: 'no-subscriber' })
    await device.disconnect()
  })
})

describe('the flow towards the device', () => {
  it("MQTT 5, 4.9: stays within the device's receive maximum", async () => {
    const { tuple } = await bootstrap(sandbox)
    const device = await connectDevice(sandbox, tuple, { properties: { receiveMaximum: 1 } })
    await device.subscribe(sandbox.routes.door?.desiredTopic ?? '')
    sandbox.desire('door', 'first')
    sandbox.desire('door', 'second')
    const first = await device.next('publish')
    // A PINGRESP comes after everything that the broker sent before it.
    device.send({ cmd: 'pingreq' })
    await device.next('pingresp')
    expect(device.received.filter(({ cmd }) => cmd === 'publish')).toHaveLength(1)
    device.send({ cmd: 'puback', messageId: first.messageId ?? 0, reasonCode: 0 })
    expect(JSON.parse((await device.next('publish')).payload.toString()).value).toBe('second')
    await device.disconnect()
  })

  it('MQTT 5, 4.3.2: a PUBACK that answers no publish is a protocol error', async () => {
    const device = await onlineDevice(sandbox)
    device.send({ cmd: 'puback', messageId: 77, reasonCode: 0 })
    expect((await device.next('disconnect')).reasonCode).toBe(0x82)
    expect(rules()).toEqual(['MQTT5 4.3.2'])
  })
})

describe('faults that only our own broker can do', () => {
  it('at connect: any CONNACK refusal', async () => {
    const { tuple } = await bootstrap(sandbox)
    sandbox.faults.order({ at: 'connect', refuse: 0x88, times: 2 })
    expect((await connectDevice(sandbox, tuple)).connack.reasonCode).toBe(0x88)
    expect((await connectDevice(sandbox, tuple)).connack.reasonCode).toBe(0x88)
    const device = await connectDevice(sandbox, tuple)
    expect(device.connack.reasonCode).toBe(0)
    await device.disconnect()
  })

  it('at subscribe: a SUBACK refusal for one topic', async () => {
    const { tuple, acknowledgementTopic } = await bootstrap(sandbox)
    const desiredTopic = sandbox.routes.door?.desiredTopic ?? ''
    const device = await connectDevice(sandbox, tuple)
    sandbox.faults.order({ at: 'subscribe', topic: desiredTopic, refuse: 0x97 })
    expect(await device.subscribe(acknowledgementTopic, desiredTopic)).toEqual([1, 0x97])
    expect(await device.subscribe(desiredTopic)).toEqual([1])
    await device.disconnect()
  })

  it('at publish: a PUBACK refusal, and the message is not taken', async () => {
    const device = await onlineDevice(sandbox)
    sandbox.faults.order({ at: 'publish', refuse: 0x97 })
    expect((await device.publish(feed(sandbox, 'temperature'), reading('m-1'))).reasonCode).toBe(0x97)
    expect(sandbox.ledger.summary().received).toBe(0)
    expect((await device.publish(feed(sandbox, 'temperature'), reading('m-1'))).reasonCode).toBe(0)
    expect((await device.message()).status).toBe('accepted')
    await device.disconnect()
  })

  it('at publish: a connection dropped before and after the message was executed', async () => {
    const before = await onlineDevice(sandbox)
    sandbox.faults.order({ at: 'publish', do: 'drop' })
    await expect(before.publish(feed(sandbox, 'temperature'), reading('m-1'))).rejects.toThrow('closed')
    expect(await before.closed).toBe('ECONNRESET')
    expect(sandbox.ledger.summary().received).toBe(0)

    const after = await onlineDevice(sandbox)
    sandbox.faults.order({ at: 'publish', do: 'execute-then-drop' })
    await expect(after.publish(feed(sandbox, 'temperature'), reading('m-1'))).rejects.toThrow('closed')
    const again = await onlineDevice(sandbox)
    await again.publish(feed(sandbox, 'temperature'), reading('m-1'))
    expect((await again.message()).status).toBe('replayed')
    await again.disconnect()
  })

  it('at publish: a late PUBACK lets the acknowledgement come first (ACK-4)', async () => {
    const device = await onlineDevice(sandbox)
    sandbox.faults.order({ at: 'publish', delayMs: 20 })
    const puback = device.publish(feed(sandbox, 'temperature'), reading('m-1'))
    expect((await device.message()).status).toBe('accepted')
    expect(device.received.some(({ cmd }) => cmd === 'puback')).toBe(false)
    expect((await puback).reasonCode).toBe(0)
    await device.disconnect()
  })

  it('at publish: a PUBACK that is withheld never comes, though the application has the message', async () => {
    const device = await onlineDevice(sandbox)
    sandbox.faults.order({ at: 'publish', do: 'withhold-puback' })
    // It takes one of the three places that the broker's receive maximum has.
    const forgotten = device.publish(feed(sandbox, 'temperature'), reading('m-1'))
    expect((await device.message()).status).toBe('accepted')
    for (const id of ['m-2', 'm-3']) {
      device.send({
        cmd: 'publish',
        topic: feed(sandbox, 'temperature'),
        payload: JSON.stringify(reading(id)),
        qos: 1,
        dup: false,
        retain: false,
        messageId: id === 'm-2' ? 22 : 33,
      })
      expect((await device.message()).message_id).toBe(id)
    }
    await forgotten
    const pubacks = device.received.filter(({ cmd }) => cmd === 'puback')
    expect(pubacks.map(({ messageId }) => messageId)).toEqual([22, 33])
    await device.disconnect()
  })

  it('disconnectClients sends any reason code', async () => {
    const device = await onlineDevice(sandbox)
    sandbox.disconnectClients(0x9c)
    expect((await device.next('disconnect')).reasonCode).toBe(0x9c)
    expect(() => sandbox.disconnectClients(5)).toThrow(expect.objectContaining({ field: 'reasonCode' }))
  })
})

describe('an independent client', () => {
  it('MQTT.js goes through the whole loop', async () => {
    const { tuple, brokerUrl, acknowledgementTopic } = await bootstrap(sandbox)
    const client = await connectAsync(brokerUrl, {
      protocolVersion: 5,
      clientId: tuple.mqtt_client_id,
      username: tuple.mqtt_username,
      password: tuple.mqtt_credential,
      ca: sandbox.caPem,
    })
    await client.subscribeAsync(acknowledgementTopic, { qos: 1 })
    const message = new Promise<string>((resolve) => {
      client.once('message', (_topic, payload) => resolve(payload.toString()))
    })
    await client.publishAsync(feed(sandbox, 'temperature'), JSON.stringify(reading('m-1')), { qos: 1 })
    expect(JSON.parse(await message)).toMatchObject({ version: 1, status: 'accepted', message_id: 'm-1' })
    await client.endAsync()
    expect(await sandbox.ledger.untilKind('disconnect')).toMatchObject({ how: 'clean', reasonCode: 0 })
  })
})
