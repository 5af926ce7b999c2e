import type { StepTrace } from '@realer-device/node'
import { startSandbox } from '@realer-device/sandbox'
import { expect, test } from 'vitest'
import { brokers } from '../packages/sandbox/test/brokers.ts'
import { connectDeviceOn, mqttClients } from './support/mqtt-clients.ts'
import { reconciled } from './support/reconciled.ts'

test.each(brokers.flatMap((broker) => mqttClients.map((client) => [client, broker] as const)))(
  'a whole session over real sockets (%s, %s broker): bootstrap, report, command, renewal, drop, stop',
  async (client, broker) => {
    const sandbox = await startSandbox({ broker })
    try {
      const { ledger, apiUrl, caPem, deviceId, clientId, clientSecret } = sandbox
      const routes = Object.fromEntries(
        Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId]),
      )
      // Only the first tuple is due soon, so there is exactly one renewal.
      sandbox.faults.order({ at: 'credential', patch: { set: { 'mqtt.renew_after': 2 } } })

      let door = 'closed'
      const steps: StepTrace[] = []
      const told: string[] = []
      const device = connectDeviceOn(client, {
        apiUrl,
        deviceId,
        clientId,
        clientSecret,
        ca: caPem,
        routes,
        timing: { backoffFloorMs: 20 },
      })
      device.onCommand('door', {
        execute({ desiredId, route, value }) {
          door = String(value)
          ledger.executed({ desiredId, route, value: door })
        },
        currentValue: () => door,
      })
      device.on('step', (step) => {
        steps.push(step)
        for (const one of reconciled(step)) ledger.observed(one)
      })
      device.on('online', ({ after }) => told.push(`online after ${after}`))
      device.on('offline', ({ because }) => told.push(`offline: ${because}`))
      device.on('safe', ({ entered }) => told.push(entered ? 'safe' : 'not safe'))
      const observe = (value: string) => {
        const report = device.report('temperature', value)
        ledger.observed({ messageId: report.messageId, route: 'temperature' })
        return report
      }

      // CAT-1, CONN-1, SUB-2: a report that was offered before the session is online waits for it (SAFE-2).
      device.start()
      const first = observe('21.5')
      expect(await first.settled).toMatchObject({ result: 'done', status: 'accepted' })

      // DES-7
      const order = sandbox.desire('door', 'open')
      const report = await ledger.untilKind('report', ({ desiredId }) => desiredId === order.desiredId)
      expect(report.outcome).toBe('applied')
      expect(door).toBe('open')

      // REN-1: another user name is another tuple.
      const connects = () =>
        ledger.entries.flatMap((entry) =>
          entry.kind === 'connect' && entry.outcome === 'accepted' ? [entry] : [],
        )
      const [initial] = connects()
      await ledger.untilKind(
        'connect',
        ({ outcome, username }) => outcome === 'accepted' && username !== initial?.username,
      )
      expect(await observe('21.6').settled).toMatchObject({ result: 'done' })

      // REC-1, REN-4: the drop loses nothing, and the tuple is still good.
      const dropAt = ledger.lastNumber
      sandbox.dropConnections()
      door = 'pushed shut while offline'
      const after = observe('21.7')
      await ledger.untilKind('connect', ({ outcome }) => outcome === 'accepted', { after: dropAt })
      expect(await after.settled).toMatchObject({ result: 'done' })

      // PUB-11: nobody reported the door, and the cloud learns of it.
      await ledger.untilKind(
        'acknowledgement',
        ({ route, status, desiredId }) =>
          route === 'door' && status === 'accepted' && desiredId === undefined,
        { after: dropAt },
      )
      const doorValues = steps.flatMap(({ effects }) =>
        effects.flatMap((effect) =>
          effect.type === 'mqttPublish' && effect.topic === sandbox.routes.door?.feedDataTopic
            ? [JSON.parse(effect.payload).value]
            : [],
        ),
      )
      expect(doorValues).toEqual(['closed', 'open', 'pushed shut while offline'])

      // STOP-1, AUTH-7
      expect(await device.stop()).toEqual({ revoked: true })
      await ledger.untilKind('revocation')

      const summary = ledger.summary({ pendingMessageIds: device.pending() })
      expect(summary).toMatchObject({
        violations: [],
        lost: [],
        unobserved: [],
        connects: 3,
        renewals: 1,
        revoked: true,
        settled: { accepted: 6, conflict: 0, rejected: 0, error: 0 },
        commands: { applied: 1, rejected: 0, stale: 0, unanswered: 0, executedTwice: [] },
      })
      expect(told).toEqual([
        'safe',
        'online after start',
        'not safe',
        'offline: renewal',
        'online after renewal',
        'offline: lost',
        'online after reconnect',
        expect.stringMatching(/^offline: /),
      ])
      // CRED-3, F-13
      expect(steps.length).toBeGreaterThan(20)
      expect(sandbox.secretsIn(JSON.stringify([steps, device.state(), ledger.entries]))).toBe(0)
    } finally {
      await sandbox.stop()
    }
  },
)
