import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { brokers } from './brokers.ts'
import {
  bootstrap,
  connectDevice,
  feed,
  onlineDevice,
  openDevice,
  postForm,
  reading,
  requestCredential,
  type TestDevice,
} from './test-device.ts'

const carriers = brokers.flatMap((broker) => [
  { broker, over: 'TLS', webSocket: false },
  { broker, over: 'WebSocket', webSocket: true },
])

describe.each(carriers)('behind the $broker broker, over $over', ({ broker, webSocket }) => {
  let sandbox: Sandbox

  async function start(options: SandboxOptions = {}): Promise<Sandbox> {
    await sandbox?.stop()
    sandbox = await startSandbox({ broker, webSocket, ...options })
    return sandbox
  }
  beforeEach(async () => {
    const routes = { sensors: ['temperature'], commands: ['door', 'fan'] }
    sandbox = await startSandbox({ broker, webSocket, routes })
  })
  afterEach(() => sandbox.stop())

  function desiredTopic(route: string): string {
    return sandbox.routes[route]?.desiredTopic ?? ''
  }

  async function send(device: TestDevice, payload: unknown, route = 'temperature') {
    await device.publish(feed(sandbox, route), payload)
    return device.message()
  }

  function rules(): string[] {
    return sandbox.ledger.summary().violations.map(({ rule }) => rule)
  }

  describe('the session', () => {
    it('CONN-1: takes the returned tuple, and enters connect, subscribe, publish and a clean disconnect', async () => {
      const device = await onlineDevice(sandbox)
      expect((await send(device, reading('m-1'))).status).toBe('accepted')
      await device.disconnect()
      const end = await sandbox.ledger.untilKind('disconnect')
      expect(end).toMatchObject({ how: 'clean', username: device.tuple.mqtt_username })
      const kinds = new Set(sandbox.ledger.entries.map(({ kind }) => kind))
      for (const kind of [
        'http',
        'credential-issued',
        'connect',
        'subscribe',
        'publish',
        'acknowledgement',
      ]) {
        expect(kinds).toContain(kind)
      }
      expect(sandbox.ledger.entries.find(({ kind }) => kind === 'connect')).toMatchObject({
        outcome: 'accepted',
        reasonCode: 0,
        clientId: sandbox.clientId,
        username: device.tuple.mqtt_username,
      })
      expect(rules()).toEqual([])
    })

    it('CONN-4: refuses a wrong password and an unknown user', async () => {
      const { tuple } = await bootstrap(sandbox)
      const wrong = broker === 'mosquitto' ? 0x87 : 0x86
      const password = Buffer.from('wrong')
      expect((await connectDevice(sandbox, tuple, { password })).connack.reasonCode).toBe(wrong)
      expect((await connectDevice(sandbox, { ...tuple, mqtt_username: 'x' })).connack.reasonCode).toBe(wrong)
      await sandbox.ledger.untilKind(
        'connect',
        ({ outcome, reasonCode }) => outcome === 'refused' && reasonCode === wrong,
      )
    })

    it('REC-1: a valid tuple connects as often as it likes', async () => {
      const first = await onlineDevice(sandbox)
      await first.disconnect()
      const second = await connectDevice(sandbox, first.tuple)
      expect(second.connack.reasonCode).toBe(0)
      await second.disconnect()
    })

    it('REN-1: an old tuple stays valid while a new one exists', async () => {
      const old = await onlineDevice(sandbox)
      const renewed = await requestCredential(sandbox, old.token, { device_id: sandbox.deviceId })
      expect((await send(old, reading('m-1'))).status).toBe('accepted')
      await old.disconnect()
      const device = await connectDevice(sandbox, renewed.json.mqtt)
      expect(device.connack.reasonCode).toBe(0)
      await device.disconnect()
      await sandbox.ledger.untilKind(
        'connect',
        ({ username }) => username === renewed.json.mqtt.mqtt_username,
      )
      expect(sandbox.ledger.summary()).toMatchObject({ connects: 2, renewals: 1 })
    })

    it('MQTT 5, 3.1.4: the same client id takes over', async () => {
      const first = await onlineDevice(sandbox)
      const second = await connectDevice(sandbox, first.tuple)
      expect(second.connack.reasonCode).toBe(0)
      await first.closed
      await sandbox.ledger.untilKind('disconnect', ({ reasonCode }) => reasonCode === 0x8e)
      expect(sandbox.ledger.summary().takeovers).toBe(1)
      await second.disconnect()
    })

    it('REN-3: the broker ends the session when its credential expires, and refuses the tuple from then', async () => {
      await start({ lifetimes: { credentialExpiresInSeconds: 2 } })
      const device = await onlineDevice(sandbox)
      const { reasonCode } = await device.next('disconnect')
      expect(reasonCode).toBe(broker === 'mosquitto' ? 0x98 : 0x87)
      const issued = await sandbox.ledger.untilKind('credential-issued')
      const ended = await sandbox.ledger.untilKind('credential-ended', ({ why }) => why === 'expired')
      expect(ended.atMs - issued.atMs).toBeGreaterThan(1990)
      expect((await connectDevice(sandbox, device.tuple)).connack.reasonCode).toBe(0x87)
      const refused = await sandbox.ledger.untilKind('connect', ({ outcome }) => outcome === 'refused')
      expect(refused.refusal).toBe(broker === 'mosquitto' ? 'broker' : 'credential-expired')
    })

    it('REN-3: the session ends at session_hard_expires_in at the latest', async () => {
      await start({ lifetimes: { credentialExpiresInSeconds: 3600, sessionHardExpiresInSeconds: 2 } })
      const device = await onlineDevice(sandbox)
      await device.next('disconnect')
      await sandbox.ledger.untilKind('credential-ended', ({ why }) => why === 'expired')
    })

    it('expireCredentials makes every tuple void and closes the session', async () => {
      const device = await onlineDevice(sandbox)
      sandbox.expireCredentials()
      await device.next('disconnect')
      await device.closed
      expect((await connectDevice(sandbox, device.tuple)).connack.reasonCode).toBe(0x87)
      const fresh = await onlineDevice(sandbox)
      await fresh.disconnect()
    })

    it('AUTH-7: revocation closes the session and makes the tuple void', async () => {
      const device = await onlineDevice(sandbox)
      await postForm(sandbox, '/oauth/revoke', { token: device.token })
      await device.closed
      expect((await connectDevice(sandbox, device.tuple)).connack.reasonCode).toBe(0x87)
      expect(sandbox.ledger.summary().revoked).toBe(true)
    })

    it('dropConnections is a TCP reset without DISCONNECT', async () => {
      const device = await onlineDevice(sandbox)
      sandbox.dropConnections()
      expect(await device.closed).toBe('ECONNRESET')
      expect(device.received.some(({ cmd }) => cmd === 'disconnect')).toBe(false)
      await sandbox.ledger.untilKind('disconnect', ({ how }) => how === 'lost')
      const again = await connectDevice(sandbox, device.tuple)
      expect(again.connack.reasonCode).toBe(0)
      await again.disconnect()
    })

    it('disconnectClients(0x98) sends DISCONNECT, and the tuple stays valid', async () => {
      const device = await onlineDevice(sandbox)
      sandbox.disconnectClients(0x98)
      expect((await device.next('disconnect')).reasonCode).toBe(0x98)
      await sandbox.ledger.untilKind(
        'disconnect',
        ({ how, reasonCode }) => how === 'by-broker' && reasonCode === 0x98,
      )
      const again = await connectDevice(sandbox, device.tuple)
      expect(again.connack.reasonCode).toBe(0)
      await again.disconnect()
    })

    it('a device that closes without DISCONNECT is entered as lost', async () => {
      const device = await onlineDevice(sandbox)
      device.socket.destroy()
      expect((await sandbox.ledger.untilKind('disconnect')).how).toBe('lost')
    })
  })

  describe('scopes', () => {
    it('SUB-4, CRED-4: a subscription without its scope, and a foreign topic, are refused with 0x87', async () => {
      const { tuple, acknowledgementTopic } = await bootstrap(sandbox, [
        'iot:mqtt:connect',
        'iot:mqtt:ack:read',
      ])
      const device = await connectDevice(sandbox, tuple)
      const granted = await device.subscribe(acknowledgementTopic, desiredTopic('door'), 'realer/other/acks')
      expect(granted).toEqual([1, 0x87, 0x87])
      await sandbox.ledger.untilKind('subscribe', ({ topic }) => topic === 'realer/other/acks')
      expect(rules()).toEqual(['CRED-4', 'CAT-5'])
      await device.disconnect()
    })

    it('CRED-4: a credential without ack:read may not read acknowledgements', async () => {
      const { tuple, acknowledgementTopic } = await bootstrap(sandbox, [
        'iot:mqtt:connect',
        'iot:mqtt:desired:read',
      ])
      const device = await connectDevice(sandbox, tuple)
      expect(await device.subscribe(acknowledgementTopic, desiredTopic('door'))).toEqual([0x87, 1])
      await device.disconnect()
    })

    it('CRED-4, CAT-5: a publish without its scope, or to a foreign topic, has PUBACK 0x87 and is not taken', async () => {
      const narrow = await bootstrap(sandbox, ['iot:mqtt:connect', 'iot:mqtt:ack:read'])
      const mute = await connectDevice(sandbox, narrow.tuple)
      await mute.subscribe(narrow.acknowledgementTopic)
      expect((await mute.publish(feed(sandbox, 'temperature'), reading('m-1'))).reasonCode).toBe(0x87)
      await mute.disconnect()
      const device = await onlineDevice(sandbox)
      expect((await device.publish('realer/other/feed-data', reading('m-2'))).reasonCode).toBe(0x87)
      expect((await device.publish(desiredTopic('door'), reading('m-3'))).reasonCode).toBe(0x87)
      await sandbox.ledger.untilKind('publish', ({ topic }) => topic === desiredTopic('door'))
      expect(rules()).toEqual(['CRED-4', 'CAT-5', 'CAT-5'])
      expect(sandbox.ledger.summary().received).toBe(0)
      await device.disconnect()
    })

    it('PUB-1: a QoS 0 publish is not taken, and the session is ended', async () => {
      const device = await onlineDevice(sandbox)
      device.publish(feed(sandbox, 'temperature'), reading('m-1'), { qos: 0 }).catch(() => undefined)
      await device.next('disconnect')
      await sandbox.ledger.untilKind('violation', ({ rule }) => rule === 'PUB-1')
      expect(sandbox.ledger.summary().received).toBe(0)
    })
  })

  describe('acknowledgements', () => {
    it('ACK-1, PUB-4: the first is accepted, the same again replayed, the same id with another payload a conflict', async () => {
      const device = await onlineDevice(sandbox)
      const first = await send(device, reading('m-1', '20', { sequence_number: 7 }))
      expect(first).toEqual({
        version: 1,
        status: 'accepted',
        retryable: false,
        message_id: 'm-1',
        sequence_number: 7,
      })
      expect((await send(device, reading('m-1', '20', { sequence_number: 7 }))).status).toBe('replayed')
      const conflict = await send(device, reading('m-1', '21'))
      expect(conflict).toMatchObject({
        status: 'conflict',
        retryable: false,
        error: { type: 'payload_conflict' },
      })
      // The id is scoped to the route's source: another route may use it.
      expect((await send(device, reading('m-1', '21'), 'door')).status).toBe('accepted')
      await device.disconnect()
      const summary = sandbox.ledger.summary()
      expect(summary.acknowledgements).toEqual({
        accepted: 2,
        replayed: 1,
        conflict: 1,
        rejected: 0,
        error: 0,
      })
      expect(summary).toMatchObject({ received: 2, settled: { accepted: 2 } })
    })

    it('PUB-3, PUB-5, PUB-6: what is not valid is rejected with a type, for good', async () => {
      const device = await onlineDevice(sandbox)
      const at = '2026-04-29T10:00:01Z'
      const unknown = `des_${'0'.repeat(26)}`
      const cases: [unknown, string, string?][] = [
        ['{', 'malformed_json'],
        [[], 'invalid_payload'],
        [{ value: '1', value_received_at: at }, 'invalid_payload'],
        [{ message_id: 'm', value_received_at: at }, 'invalid_payload'],
        [{ message_id: 'm', value: 21.5, value_received_at: at }, 'invalid_payload'],
        [{ message_id: 'm', value: '1' }, 'invalid_payload'],
        [{ message_id: 'm', value: '1', value_received_at: '2026-04-29 10:00' }, 'invalid_payload'],
        [{ message_id: 'm', value: '1', value_received_at: '2026-13-29T10:00:00Z' }, 'invalid_payload'],
        [reading('m', '1', { report_status: 'applied' }), 'invalid_report_status', 'door'],
        [
          reading('m', '1', { report_status: 'reported', desired_id: unknown }),
          'invalid_report_status',
          'door',
        ],
        [reading('m', '1', { desired_id: unknown }), 'unknown_desired_id', 'door'],
        [reading('m', '1', { desired_id: unknown }), 'invalid_desired_id', 'temperature'],
      ]
      for (const [payload, type, route] of cases) {
        const answer = await send(device, payload, route)
        expect(answer).toMatchObject({ version: 1, status: 'rejected', retryable: false, error: { type } })
      }
      expect((await send(device, reading('m', '1', { report_status: 'reported' }), 'door')).status).toBe(
        'accepted',
      )
      await device.disconnect()
    })
  })

  describe('desired states', () => {
    it('DES-1, DES-7: carry an id, a window and a sequence number of their route; the report is entered', async () => {
      const device = await onlineDevice(sandbox)
      const order = sandbox.desire('door', 'open', { validForSeconds: 30 })
      expect(order).toEqual({ desiredId: expect.stringMatching(/^des_[0-9a-z]{26}$/), sequenceNumber: 1 })
      const message = await device.message()
      expect(message).toEqual({
        version: 1,
        desired_id: order.desiredId,
        value: 'open',
        valid_for_seconds: 30,
        expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
        sequence_number: 1,
      })
      expect(sandbox.outcomeOf(order.desiredId)).toBe('none')
      expect(sandbox.valueOf('door')).toBeNull()
      const answer = await send(device, reading('r-1', 'open', { desired_id: order.desiredId }), 'door')
      expect(answer).toMatchObject({ status: 'accepted', desired_id: order.desiredId })
      expect(sandbox.outcomeOf(order.desiredId)).toBe('applied')
      expect(sandbox.valueOf('door')).toBe('open')
      // What is refused tells the cloud nothing.
      expect(await send(device, { ...reading('r-1', 'closed') }, 'door')).toMatchObject({
        status: 'conflict',
      })
      expect(sandbox.valueOf('door')).toBe('open')
      expect(sandbox.desire('door', 'closed').sequenceNumber).toBe(2)
      expect(sandbox.desire('fan', 'on').sequenceNumber).toBe(1)
      await device.disconnect()
    })

    it('the latest of each route waits for the subscription, and is delivered once', async () => {
      sandbox.desire('door', 'first')
      const latest = sandbox.desire('door', 'second')
      await sandbox.ledger.untilKind('desired', ({ delivery }) => delivery === 'superseded')
      const device = await onlineDevice(sandbox)
      expect(await device.message()).toMatchObject({ desired_id: latest.desiredId, value: 'second' })
      await device.disconnect()
      const again = await onlineDevice(sandbox)
      expect((await send(again, reading('m-1'))).message_id).toBe('m-1')
      expect(again.received.filter(({ cmd }) => cmd === 'publish')).toHaveLength(1)
      await again.disconnect()
    })

    it('DES-2, F-12: one that waited is sent with what is left of its window, and never after it', async () => {
      sandbox.desire('door', 'open', { validForSeconds: 60 })
      await sandbox.ledger.untilKind('desired', ({ delivery }) => delivery === 'held')
      sandbox.faults.order({ at: 'token', delayMs: 1100 })
      const second = await onlineDevice(sandbox)
      expect((await second.message()).valid_for_seconds).toBeLessThan(60)
      await second.disconnect()
      await sandbox.ledger.untilKind('disconnect', ({ username }) => username === second.tuple.mqtt_username)
      const late = sandbox.desire('door', 'open', { validForSeconds: 0.001 })
      const third = await onlineDevice(sandbox)
      const end = await sandbox.ledger.untilKind(
        'desired',
        ({ desiredId, delivery }) => desiredId === late.desiredId && delivery !== 'held',
      )
      expect(end.delivery).toBe('expired')
      await third.disconnect()
    })

    it('resend sends the same message again; desireRaw any text', async () => {
      const device = await onlineDevice(sandbox)
      const { desiredId } = sandbox.desire('door', 'open')
      const first = await device.message()
      sandbox.resend(desiredId)
      expect(await device.message()).toEqual(first)
      sandbox.desireRaw('door', 'no json')
      expect(await device.message()).toBe('no json')
      const rawId = `des_${'r'.repeat(26)}`
      sandbox.desireRaw('door', JSON.stringify({ desired_id: rawId, sequence_number: 0 }))
      expect((await device.message()).sequence_number).toBe(0)
      const report = reading('r-1', 'open', { desired_id: rawId, report_status: 'rejected' })
      expect((await send(device, report, 'door')).status).toBe('accepted')
      expect(sandbox.outcomeOf(rawId)).toBe('rejected')
      await device.disconnect()
    })

    it('faults: duplicate, swallow and reorder', async () => {
      const device = await onlineDevice(sandbox)
      sandbox.faults.order({ at: 'desired', do: 'duplicate' })
      sandbox.desire('door', 'twice')
      expect([(await device.message()).value, (await device.message()).value]).toEqual(['twice', 'twice'])
      sandbox.faults.order({ at: 'desired', do: 'swallow' })
      sandbox.desire('door', 'never')
      sandbox.faults.order({ at: 'desired', do: 'reorder' })
      sandbox.desire('door', 'late')
      sandbox.desire('door', 'early')
      expect([(await device.message()).value, (await device.message()).value]).toEqual(['early', 'late'])
      await device.disconnect()
    })
  })

  describe('faults at acknowledgement', () => {
    it('ACK-4, ACK-6: acknowledgeRaw sends any text, which answers no message', async () => {
      const device = await onlineDevice(sandbox)
      sandbox.acknowledgeRaw('no json')
      expect(await device.message()).toBe('no json')
      expect(sandbox.ledger.entries.some(({ kind }) => kind === 'acknowledgement')).toBe(false)
      await device.disconnect()
    })

    it('ACK-3: a retryable error records nothing, so that the retry is accepted', async () => {
      const device = await onlineDevice(sandbox)
      const nack = { status: 'error', retryable: true, errorType: 'busy' } as const
      sandbox.faults.order({ at: 'acknowledgement', nack })
      expect(await send(device, reading('m-1'))).toMatchObject({
        status: 'error',
        retryable: true,
        error: { type: 'busy' },
      })
      expect((await send(device, reading('m-1'))).status).toBe('accepted')
      await device.disconnect()
    })

    it('ACK-3: a final refusal stays what it was', async () => {
      const device = await onlineDevice(sandbox)
      sandbox.faults.order({ at: 'acknowledgement', nack: { status: 'rejected', retryable: false } })
      expect((await send(device, reading('m-1'))).status).toBe('rejected')
      expect((await send(device, reading('m-1'))).status).toBe('rejected')
      await device.disconnect()
    })

    it('ACK-4 to ACK-6: swallowed, doubled, reordered, malformed and late', async () => {
      const device = await onlineDevice(sandbox)
      const { faults } = sandbox
      const publish = (id: string) => device.publish(feed(sandbox, 'temperature'), reading(id))
      faults.order({ at: 'acknowledgement', do: 'swallow' })
      faults.order({ at: 'acknowledgement', do: 'duplicate' })
      await publish('swallowed')
      await publish('doubled')
      expect((await device.message()).message_id).toBe('doubled')
      expect((await device.message()).message_id).toBe('doubled')
      faults.order({ at: 'acknowledgement', do: 'reorder' })
      await publish('later')
      await publish('sooner')
      expect((await device.message()).message_id).toBe('sooner')
      expect((await device.message()).message_id).toBe('later')
      faults.order({ at: 'acknowledgement', do: 'malformed' })
      await publish('broken')
      expect(await device.message()).toEqual(expect.stringMatching(/^\{"version":1/))
      faults.order({ at: 'acknowledgement', delayMs: 50 })
      await publish('delayed')
      await publish('prompt')
      expect((await device.message()).message_id).toBe('prompt')
      expect((await device.message()).message_id).toBe('delayed')
      expect(faults.outstanding).toBe(0)
      await device.disconnect()
    })
  })

  describe('faults at connect', () => {
    it('0x87, once: the next CONNECT is refused, the one after it accepted', async () => {
      const { tuple } = await bootstrap(sandbox)
      sandbox.faults.order({ at: 'connect', refuse: 0x87 })
      expect((await connectDevice(sandbox, tuple)).connack.reasonCode).toBe(0x87)
      await sandbox.ledger.untilKind('connect', ({ refusal }) => refusal === 'fault')
      // A tuple is issued only after the broker has obeyed everything before it.
      await bootstrap(sandbox)
      const device = await connectDevice(sandbox, tuple)
      expect(device.connack.reasonCode).toBe(0)
      await device.disconnect()
    })

    it('a drop before CONNACK', async () => {
      const { tuple } = await bootstrap(sandbox)
      sandbox.faults.order({ at: 'connect', do: 'drop' })
      await expect(connectDevice(sandbox, tuple)).rejects.toThrow(
        /closed before connack|ECONNRESET|disconnected/,
      )
      await sandbox.ledger.untilKind('connect', ({ outcome }) => outcome === 'dropped')
      const device = await connectDevice(sandbox, tuple)
      expect(device.connack.reasonCode).toBe(0)
      await device.disconnect()
    })

    it('a hang, which ends with clear', async () => {
      const { tuple } = await bootstrap(sandbox)
      sandbox.faults.order({ at: 'connect', do: 'hang' })
      const attempt = connectDevice(sandbox, tuple).catch((error: Error) => error)
      await sandbox.ledger.untilKind('connect', ({ outcome }) => outcome === 'hung')
      sandbox.faults.clear()
      expect(await attempt).toBeInstanceOf(Error)
      const device = await connectDevice(sandbox, tuple)
      expect(device.connack.reasonCode).toBe(0)
      await device.disconnect()
    })
  })

  it('CRED-3, F-13: no secret stands in the ledger', async () => {
    const device = await onlineDevice(sandbox)
    await send(device, reading('m-1'))
    await device.disconnect()
    await sandbox.ledger.untilKind('disconnect')
    expect(sandbox.secretsIn(JSON.stringify(sandbox.ledger.entries))).toBe(0)
    const { tuple, token, ...rest } = await bootstrap(sandbox)
    expect(sandbox.secretsIn(JSON.stringify({ tuple, token, rest }))).toBe(2)
  })

  it('CONN-1: a client that trusts another authority does not get through TLS', async () => {
    const other = await startSandbox()
    try {
      await expect(openDevice({ ...sandbox, caPem: other.caPem })).rejects.toThrow()
    } finally {
      await other.stop()
    }
  })
})
