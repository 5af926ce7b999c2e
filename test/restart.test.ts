import type { OpenLink, OpenMqtt } from '@realer-device/host'
import { mqttjsClient } from '@realer-device/mqttjs'
import {
  type ConnectDeviceOptions,
  connectDevice,
  createDevice,
  type Device,
  type DeviceEvents,
  nodePlatform,
  type Platform,
  type Snapshot,
  type StepTrace,
} from '@realer-device/node'
import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterEach, describe, expect, test } from 'vitest'
import { brokers } from '../packages/sandbox/test/brokers.ts'
import { type MqttClientName, mqttClients } from './support/mqtt-clients.ts'
import { reconciled } from './support/reconciled.ts'

const timing = { backoffFloorMs: 20, backoffCapMs: 200, slowRetryMs: 100 }
const endings: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function startCloud(broker: 'embedded' | 'mosquitto' = 'embedded'): Promise<Sandbox> {
  const sandbox = await startSandbox({
    broker,
    routes: { sensors: ['temperature'], commands: ['door', 'heater'] },
  })
  endings.push(() => sandbox.stop())
  return sandbox
}

/** What is physically there: it outlives every process. */
interface House {
  readonly values: { [route: string]: string }
  /** Routes whose actuator has moved and whose handler does not come back. */
  readonly stuck: Set<string>
}

function buildHouse(): House {
  return { values: { door: 'closed', heater: 'off' }, stuck: new Set() }
}

/** A platform that can be pulled out: from then on nothing of it works, and nothing is heard of it. */
function mortalPlatform(ca: string, client: MqttClientName): { platform: Platform; die: () => void } {
  const platform = nodePlatform({ ca })
  const mqttjs = mqttjsClient({ ca })
  const ends = new Set<() => void>()
  let dead = false

  const openLink: OpenLink = (target, events) => {
    const link = platform.openLink(target, events)
    ends.add(link.destroy)
    if (dead) link.destroy()
    return link
  }

  const openMqtt: OpenMqtt = (request, events) => {
    const connection = mqttjs(request, events)
    ends.add(connection.abort)
    if (dead) connection.abort()
    return connection
  }

  return {
    die() {
      dead = true
      for (const end of ends) end()
    },
    platform: {
      ...platform,
      clock: {
        now: platform.clock.now,
        setTimer(delayMs, fire) {
          if (dead) return () => {}
          const cancel = platform.clock.setTimer(delayMs, fire)
          ends.add(cancel)
          return cancel
        },
      },
      caller(request, finished) {
        if (dead) return () => {}
        const abort = platform.caller(request, finished)
        ends.add(abort)
        return abort
      },
      ...(client === 'our mqtt' ? { openLink } : { openMqtt }),
    },
  }
}

/** One process of the device. */
interface Life {
  readonly device: Device
  readonly steps: StepTrace[]
  /** Ends the process without a word: no DISCONNECT, no revocation. */
  kill(): Snapshot
  seen<Name extends keyof DeviceEvents>(
    name: Name,
    matches?: (detail: DeviceEvents[Name]) => boolean,
  ): Promise<DeviceEvents[Name]>
  /** Resolves once nothing waits in the outbox. */
  idle(): Promise<unknown>
  report(value: string): { messageId: string; settled: Promise<unknown> }
}

interface LifeOptions extends Partial<ConnectDeviceOptions> {
  readonly client?: MqttClientName
}

function liveIn(house: House, sandbox: Sandbox, { client = 'our mqtt', ...more }: LifeOptions = {}): Life {
  const { apiUrl, caPem, deviceId, clientId, clientSecret, ledger } = sandbox
  const { platform, die } = mortalPlatform(caPem, client)
  const routes = Object.fromEntries(
    Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId]),
  )
  const device = createDevice(
    {
      apiUrl,
      deviceId,
      clientId,
      clientSecret,
      routes,
      durable: true,
      ...more,
      timing: { ...timing, ...more.timing },
    },
    platform,
  )
  endings.push(async () => {
    die()
    void device.stop()
  })
  const steps: StepTrace[] = []
  device.on('step', (step) => {
    steps.push(step)
    for (const one of reconciled(step)) ledger.observed(one)
  })
  for (const route of ['door', 'heater'])
    device.onCommand(route, {
      async execute({ desiredId, value }) {
        house.values[route] = String(value)
        ledger.executed({ desiredId, route, value: String(value) })
        if (house.stuck.has(route)) await new Promise(() => {})
      },
      currentValue: () => house.values[route] ?? '',
    })
  return {
    device,
    steps,
    kill() {
      const snapshot = JSON.parse(JSON.stringify(device.snapshot()))
      die()
      return snapshot
    },
    seen: (name, matches = () => true) =>
      new Promise((resolve) => {
        device.on(name, (detail) => matches(detail) && resolve(detail))
      }),
    async idle() {
      if (device.pending().length === 0) return
      await new Promise<void>((resolve) => {
        device.on('report', () => device.pending().length === 0 && resolve())
      })
    },
    report(value) {
      const report = device.report('temperature', value)
      ledger.observed({ messageId: report.messageId, route: 'temperature' })
      return report
    },
  }
}

const stages = brokers.flatMap((broker) => mqttClients.map((client) => ({ broker, client })))

describe.each(stages)(
  'a device that is killed and started from its snapshot ($client, $broker broker)',
  ({ broker, client }) => {
    test('PUB-4, PUB-9, DES-12: the outbox goes out with its ids, and a command that ran is answered and not run twice', async () => {
      const sandbox = await startCloud(broker)
      const { ledger } = sandbox
      const house = buildHouse()
      const first = liveIn(house, sandbox, { client })
      const online = first.seen('online')
      first.device.start()
      await online
      expect(await first.report('20').settled).toMatchObject({ result: 'done' })
      // PUB-11: the values of the command routes are known to the cloud before anything goes wrong.
      await ledger.until(() => ledger.summary().settled.accepted === 3)

      // The cloud has this one, and its acknowledgement is lost with the process.
      sandbox.faults.order({ at: 'acknowledgement', do: 'swallow' })
      const known = first.report('21')
      await ledger.untilKind('acknowledgement', ({ messageId }) => messageId === known.messageId)
      // The door has moved, and its handler has not come back.
      house.stuck.add('door')
      const running = sandbox.desire('door', 'open')
      await ledger.untilKind('executed', ({ desiredId }) => desiredId === running.desiredId)
      // Whether this one leaves, nobody knows: the process ends in the same turn.
      const unsent = first.report('22')
      const snapshot = first.kill()
      expect(snapshot.reports.map(({ messageId }) => messageId)).toEqual([known.messageId, unsent.messageId])
      expect(ledger.summary({ pendingMessageIds: first.device.pending() }).lost).toEqual([])

      // While the device is down, somebody turns the heater on by hand.
      house.values.heater = 'on by hand'
      house.stuck.clear()
      const second = liveIn(house, sandbox, { client })
      const settledAt = new Map<string, string>()
      second.device.on('report', ({ messageId, status }) => settledAt.set(messageId, status))
      second.device.start({ resume: snapshot })
      expect(second.device.pending()).toEqual([known.messageId, unsent.messageId])
      const answer = await ledger.untilKind('report', ({ desiredId }) => desiredId === running.desiredId)
      // DES-12: the physical value is the desired one, so it was applied.
      expect(answer.outcome).toBe('applied')
      // PUB-11: three routes' reports before, the two that waited, the command's, and the heater's by hand.
      await ledger.until(() => ledger.summary().settled.accepted === 7)
      await second.idle()
      expect(settledAt.get(known.messageId)).toBe('replayed')
      expect(settledAt.get(unsent.messageId)).toMatch(/^(accepted|replayed)$/)

      // DES-3, DES-9: what the cloud sends once more is known, and what is new is obeyed.
      sandbox.resend(running.desiredId)
      const next = sandbox.desire('door', 'closed')
      await ledger.untilKind('report', ({ desiredId }) => desiredId === next.desiredId)
      expect(await second.device.stop()).toEqual({ revoked: true })

      const heater = second.steps.flatMap(({ effects }) =>
        effects.flatMap((effect) =>
          effect.type === 'mqttPublish' && effect.topic === sandbox.routes.heater?.feedDataTopic
            ? [JSON.parse(effect.payload).value]
            : [],
        ),
      )
      expect(heater).toEqual(['on by hand'])
      expect(ledger.summary({ pendingMessageIds: second.device.pending() })).toMatchObject({
        lost: [],
        unobserved: [],
        violations: [],
        commands: { applied: 2, rejected: 0, stale: 0, unanswered: 0, executedTwice: [] },
      })
      expect(sandbox.secretsIn(JSON.stringify([first.steps, second.steps, snapshot]))).toBe(0)
    })

    test('CONN-2: with a kept session and a will, the cloud is told of a device that is gone, and a command waits for it', async () => {
      const sandbox = await startCloud(broker)
      const { ledger } = sandbox
      const house = buildHouse()
      const options = {
        client,
        sessionExpirySeconds: 600,
        will: { route: 'temperature', value: 'gone', delaySeconds: 0 },
      }
      const first = liveIn(house, sandbox, options)
      first.device.start()
      expect(await first.report('20').settled).toMatchObject({ result: 'done' })
      const killedAt = ledger.lastNumber
      const snapshot = first.kill()
      const will = await ledger.untilKind('acknowledgement', ({ route }) => route === 'temperature', {
        after: killedAt,
      })
      expect(will).toMatchObject({ status: 'accepted', messageId: expect.stringMatching(/^will-/) })

      // The broker, or the cloud where the broker keeps no session, has it when the device is back.
      const { desiredId } = sandbox.desire('door', 'open')
      const second = liveIn(house, sandbox, options)
      second.device.start({ resume: snapshot })
      const answer = await ledger.untilKind('report', (one) => one.desiredId === desiredId)
      expect(answer.outcome).toBe('applied')
      await second.device.stop()
      expect(ledger.summary()).toMatchObject({ violations: [], commands: { executedTwice: [] } })
    })

    test('STOP-2: a compromise ends the session and revokes the token at once, and no secret stays', async () => {
      const sandbox = await startCloud(broker)
      const { ledger } = sandbox
      const house = buildHouse()
      const { device, seen, report, steps } = liveIn(house, sandbox, { client })
      const online = seen('online')
      device.start()
      await online
      house.stuck.add('door')
      const { desiredId } = sandbox.desire('door', 'open')
      await ledger.untilKind('executed', (one) => one.desiredId === desiredId)
      // Neither the command that runs nor the report on its way is waited for.
      sandbox.faults.order({ at: 'acknowledgement', do: 'swallow', times: 9 })
      const { messageId, settled } = report('21')
      const stopping = device.stop({ reason: 'decommissioning' })
      expect(device.stop({ reason: 'compromise' })).toBe(stopping)
      expect(await stopping).toEqual({ revoked: true })
      expect(await settled).toEqual({ result: 'pending' })
      expect(device.pending()).toContain(messageId)
      expect(ledger.summary({ pendingMessageIds: device.pending() })).toMatchObject({
        revoked: true,
        lost: [],
      })
      const ended = ledger.entries.filter(({ kind }) => kind === 'credential-ended')
      expect(ended.at(-1)).toMatchObject({ why: 'revoked' })
      // Whatever the machine knew of secrets is told to be forgotten, the client's own too.
      const forgotten = steps.flatMap(({ effects }) =>
        effects.flatMap((effect) => (effect.type === 'forgetSecret' ? [effect.secret] : [])),
      )
      const kept = steps.flatMap(({ event }) =>
        event?.type === 'tokenIssued' || event?.type === 'tupleIssued' ? [event.call] : [],
      )
      expect(new Set(forgotten)).toEqual(new Set([...kept, 'client']))
      expect(JSON.stringify(device.state()?.context.tuple ?? null)).toBe('null')
    })
  },
)

test('F-11, PUB-7: a PUBACK that never comes ends the connection, and the report settles on the next', async () => {
  const sandbox = await startCloud()
  const { ledger } = sandbox
  // Neither PUBACK nor acknowledgement: nothing but the wait's own end can mend it.
  const { device, steps, report } = liveIn(buildHouse(), sandbox, {
    timing: { publishTimeoutMs: 200, acknowledgementTimeoutMs: 600_000 },
  })
  device.start()
  expect(await report('20').settled).toMatchObject({ status: 'accepted' })
  await ledger.until(() => ledger.summary().settled.accepted === 3)
  sandbox.faults.order({ at: 'publish', do: 'withhold-puback' })
  sandbox.faults.order({ at: 'acknowledgement', do: 'swallow' })
  const lost = report('21')
  expect(await lost.settled).toEqual({ result: 'done', status: 'replayed', errorType: null })
  expect(steps.map(({ event }) => event?.type)).toContain('timer.publishTimeout')
  expect(ledger.entries.filter(({ kind }) => kind === 'connect')).toHaveLength(2)
  await device.stop()
  expect(ledger.summary()).toMatchObject({ violations: [], lost: [], unobserved: [], takeovers: 0 })
})

test('PUB-9: connectDevice() starts from a snapshot too, and refuses one of another device', async () => {
  const sandbox = await startCloud()
  const first = liveIn(buildHouse(), sandbox)
  first.device.start()
  const { messageId } = first.report('20')
  const snapshot = first.kill()
  const { apiUrl, clientId, clientSecret, deviceId } = sandbox
  const routes = { temperature: sandbox.routes.temperature?.routeId ?? '' }
  const options = { apiUrl, ca: sandbox.caPem, clientId, clientSecret, routes, timing }
  const other = connectDevice({ ...options, deviceId: 'cdv_other' })
  expect(() => other.start({ resume: snapshot })).toThrow(
    expect.objectContaining({ name: 'SnapshotError', code: 'snapshot-unknown', field: 'deviceId' }),
  )
  const device = connectDevice({ ...options, deviceId })
  endings.push(() => device.stop())
  const settled = new Promise((resolve) => device.on('report', resolve))
  device.start({ resume: snapshot })
  expect(await settled).toMatchObject({ messageId, result: 'done' })
})
