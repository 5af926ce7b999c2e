import { startSandbox } from '@realer-device/sandbox'
import { afterEach, describe, expect, test } from 'vitest'
import { runSession } from '../../engines/src/session/session.ts'
import { brokers } from '../../sandbox/test/brokers.ts'
import { createDevice, fetchCaller, webPlatform, webSocketLink, webStreamLink } from '../src/index.ts'
import { connectStreams, trustingFetch, trustingWebSocket } from './trust.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function start(broker: (typeof brokers)[number], over: 'WebSocket' | 'Web Streams') {
  const sandbox = await startSandbox({ broker, webSocket: over === 'WebSocket' })
  endings.push(() => sandbox.stop())
  const { apiUrl, brokerWebSocketUrl, caPem, deviceId, clientId, clientSecret } = sandbox
  const openLink =
    over === 'WebSocket'
      ? webSocketLink({ address: () => brokerWebSocketUrl ?? '', WebSocket: trustingWebSocket(caPem) })
      : webStreamLink({ connect: connectStreams(caPem) })
  const platform = webPlatform({ openLink, caller: fetchCaller({ fetch: trustingFetch(caPem) }) })
  const routes = Object.fromEntries(
    Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId]),
  )
  return { sandbox, platform, options: { apiUrl, deviceId, clientId, clientSecret, routes } }
}

const ways = brokers.flatMap((broker) => [
  { broker, over: 'WebSocket' as const },
  { broker, over: 'Web Streams' as const },
])

describe.each(ways)('a device over $over, behind the $broker broker', ({ broker, over }) => {
  test('PUB-2 DES-7 AUTH-7: lives a session: online, a reading, a command, its report, a stop', async () => {
    const { sandbox, platform, options } = await start(broker, over)
    const { brokerWebSocketUrl, caPem } = sandbox
    const { desiredId } = sandbox.desire('door', 'open', { validForSeconds: 60 })
    const facts = { ...options, brokerWebSocketUrl, caPem, limitMs: 30_000 }
    expect(await runSession(platform, facts)).toEqual({
      online: true,
      reported: 'done',
      commanded: 'open',
      acknowledged: 'done',
      revoked: true,
    })
    expect(sandbox.outcomeOf(desiredId)).toBe('applied')
    expect(sandbox.ledger.summary()).toMatchObject({ connects: 1, violations: [] })
  })

  test('REN-1 REC-1 REN-4: renews its tuple, and loses nothing where the connection is reset', async () => {
    const { sandbox, platform, options } = await start(broker, over)
    const { ledger } = sandbox
    // Only the first tuple is due soon, so there is exactly one renewal.
    sandbox.faults.order({ at: 'credential', patch: { set: { 'mqtt.renew_after': 2 } } })
    const device = createDevice({ ...options, timing: { backoffFloorMs: 20 } }, platform)
    endings.push(() => device.stop())
    const renewed = new Promise((resolve) =>
      device.on('online', ({ after }) => after === 'renewal' && resolve(after)),
    )
    const observe = (value: string) => {
      const report = device.report('temperature', value)
      ledger.observed({ messageId: report.messageId, route: 'temperature' })
      return report
    }
    device.start()
    expect(await observe('21.5').settled).toMatchObject({ status: 'accepted' })
    await renewed
    const at = ledger.lastNumber
    sandbox.dropConnections()
    const report = observe('21.6')
    await ledger.untilKind('connect', ({ outcome }) => outcome === 'accepted', { after: at })
    expect(await report.settled).toMatchObject({ result: 'done' })
    expect(await device.stop()).toEqual({ revoked: true })
    await ledger.untilKind('disconnect', ({ how }) => how === 'clean', { after: at })
    expect(ledger.summary({ pendingMessageIds: [] })).toMatchObject({
      lost: [],
      takeovers: 0,
      renewals: 1,
      revoked: true,
      violations: [],
    })
  })
})
