import { createDevice, type HttpsCaller, type LinkPlatform } from '@realer-device/host'
import { describe, expect, it } from 'vitest'
import { createMemoryNetwork, createVirtualClock, seededRandom } from '../src/index.ts'
import { createScriptedBroker } from './broker.ts'

const ACK_TOPIC = 'devices/cdv_1/acks'

const answers: { readonly [path: string]: { readonly status: number; readonly body: unknown } } = {
  '/oauth/token': { status: 200, body: { access_token: 'token', token_type: 'Bearer', expires_in: 3600 } },
  '/oauth/revoke': { status: 200, body: {} },
  '/iot/v1/devices/7/mqtt': {
    status: 200,
    body: {
      code: 2000,
      mqtt: {
        broker_url: 'mqtts://broker.example:8883',
        client_id: 'cdv_1',
        feed_data_ack_topic: ACK_TOPIC,
        credential_endpoint: {
          endpoint: '/iot/v1/mqtt-credentials',
          http_method: 'POST',
          body: { device_id: 7, scopes: ['iot:mqtt:connect'] },
        },
      },
      mqtt_routes: [
        { source_type: 'sensor', mqtt: { feed_data_topic: 'devices/cdv_1/routes/temperature/feed-data' } },
      ],
    },
  },
  '/iot/v1/mqtt-credentials': {
    status: 201,
    body: {
      mqtt: {
        mqtt_client_id: 'cdv_1',
        mqtt_username: 'user-1',
        mqtt_credential: 'credential',
        scopes: ['iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:feed-data:write'],
        expires_in: 3600,
        renew_after: 3000,
        session_hard_expires_in: 3600,
      },
    },
  },
}

/** A device on a network in memory, with everything that it needs on one virtual clock. */
function createHome(seed: number) {
  const clock = createVirtualClock()
  const random = seededRandom(seed)
  const network = createMemoryNetwork({ clock, random, latencyMs: 20, jitterMs: 30, largestChunkBytes: 5 })
  const broker = createScriptedBroker(ACK_TOPIC)
  const listener = network.listen(broker.accept, { url: 'mqtts://broker.example' })
  const caller: HttpsCaller = ({ url }, finished) =>
    clock.setTimer(50, () => {
      const { status, body } = answers[new URL(url).pathname] ?? { status: 404, body: {} }
      finished({ ok: true, answer: { status, retryAfterSeconds: null, body: JSON.stringify(body) } })
    })
  let messages = 0
  const platform: LinkPlatform = {
    clock,
    random,
    caller,
    openLink: network.openLink,
    newMessageId: () => `message-${++messages}`,
    wallClock: () => new Date(Date.UTC(2026, 3, 29) + clock.now()).toISOString(),
  }
  const device = createDevice({ deviceId: 7, clientId: 'client', clientSecret: 'secret' }, platform)
  const log: string[] = []
  device.on('step', ({ now, event, verdict }) => log.push(`${now} ${event?.type} ${verdict}`))
  return { clock, broker, listener, device, log }
}

const seeds = [1, 2, 3, 4, 5]

describe.each(seeds)('a whole device in memory, its bytes chopped and joined by seed %i', (seed) => {
  it('CONN-1 PUB-2 ACK-2: goes online and reports; REC-1: comes back after a cut, and loses nothing', async () => {
    const { clock, broker, listener, device } = createHome(seed)
    device.start()
    const first = device.report('temperature', '21.5')
    expect((await clock.runUntil(first.settled)).result).toBe('done')
    expect(broker.seen).toEqual([['CONNECT', 'SUBSCRIBE', 'PUBLISH']])
    listener.cut()
    const second = device.report('temperature', '22.0')
    expect((await clock.runUntil(second.settled)).result).toBe('done')
    expect(broker.seen[0]).toEqual(['CONNECT', 'SUBSCRIBE', 'PUBLISH', 'over'])
    expect(broker.seen[1]).toEqual(['CONNECT', 'SUBSCRIBE', 'PUBLISH'])
    expect(broker.published.map((payload) => JSON.parse(payload).value)).toEqual(['21.5', '22.0'])
    expect(await clock.runUntil(device.stop())).toEqual({ revoked: true })
    expect(broker.seen[1]).toEqual(['CONNECT', 'SUBSCRIBE', 'PUBLISH', 'DISCONNECT', 'over'])
  })

  it('CONN-3: finds by keep-alive that a connection is only half there, PUB-7: and publishes the same event again', async () => {
    const { clock, broker, listener, device } = createHome(seed)
    // Some bytes into the first report.
    listener.fail({ kind: 'swallow', afterBytes: 250 })
    device.start()
    const { messageId, settled } = device.report('temperature', 'x'.repeat(200))
    clock.advance(10_000)
    listener.fail(null)
    expect((await clock.runUntil(settled)).result).toBe('done')
    expect(broker.published.map((payload) => JSON.parse(payload).message_id)).toEqual([messageId])
    expect(broker.seen.length).toBe(2)
    device.stop()
  })

  it('lives through the same run for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      const { clock, listener, device, log } = createHome(seed)
      listener.fail({ kind: 'cut', afterBytes: 100 })
      device.start()
      clock.advance(20_000)
      listener.fail(null)
      await clock.runUntil(device.report('temperature', '21.5').settled)
      await clock.runUntil(device.stop())
      return log
    }
    const once = await run()
    expect(once.length).toBeGreaterThan(10)
    expect(await run()).toEqual(once)
  })
})
