import { type DeviceEvent, deviceMachine, type Effect, readConfig } from '@realer-device/core'
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { Scenario } from './support/scenario.ts'

test('CORE-2: the exported machine, run as an XState actor, does what initial and step do', () => {
  const random = 0.5
  const told: { now: number; event: DeviceEvent }[] = []
  const device = new Scenario()
  device.random = random
  const happens = device.happens.bind(device)
  device.happens = (event) => {
    const { call, connection } = device.state.context
    const ids = { call: call?.id ?? 'none', connection: connection?.id ?? 'none' }
    told.push({ now: device.now, event: { ...ids, ...event } as DeviceEvent })
    return happens(event)
  }

  const carriedOut: Effect[] = []
  const machine = deviceMachine.provide({
    actions: {
      enterSafe: (_, effect) => carriedOut.push(effect),
      call: (_, effect) => carriedOut.push(effect),
      mqttConnect: (_, effect) => carriedOut.push(effect),
      mqttSubscribe: (_, effect) => carriedOut.push(effect),
      mqttPublish: (_, effect) => carriedOut.push(effect),
      mqttDisconnect: (_, effect) => carriedOut.push(effect),
      settleReport: (_, effect) => carriedOut.push(effect),
      startCommand: (_, effect) => carriedOut.push(effect),
      announceOnline: (_, effect) => carriedOut.push(effect),
      announceStopped: (_, effect) => carriedOut.push(effect),
    },
  })
  const input = {
    config: readConfig({ deviceId: 12345, commandRoutes: ['rte_valve'] }),
    now: device.now,
    random: 0,
  }

  device.goesOnline().reports('m-1').pubacks().acknowledges('m-1', 'accepted')
  device.desires('des_1', 1).finishes('des_1').pubacks().acknowledges('answer-des_1', 'accepted')
  // An actor's host fires every timer in time: only `step` looks after those that are overdue.
  device
    .fires('stableOnline')
    .fires('renewTuple')
    .issuesToken()
    .issuesTuple()
    .closes()
    .connects()
    .subscribes()
  device.happens({ type: 'stopRequested', reason: 'shutdown' }).closes().happens({ type: 'tokenRevoked' })

  const actor = createActor(machine, { input }).start()
  for (const { now, event } of told) actor.send({ ...event, now, random })

  const kinds = new Set(carriedOut.map(({ type }) => type))
  expect(kinds.size).toBe(10)
  expect(carriedOut).toEqual(device.history.filter(({ type }) => kinds.has(type)))
  expect(actor.getSnapshot().value).toEqual('stopped')
  expect(actor.getSnapshot().context).toEqual(device.state.context)
})
