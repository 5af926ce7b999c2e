import { clientCasesLeftOut, clientContract } from '@realer-device/contract'
import { mqttjsClient } from '@realer-device/mqttjs'
import { describe, expect, test } from 'vitest'
import { scriptedBrokers } from '../../contract/test/support/scripted-broker.ts'

const { caPem, ...brokers } = await scriptedBrokers()

describe('MQTT.js behind the door keeps the contract of a client (CONN-1 to CONN-6, PUB-1, SUB-3)', () => {
  const setup = { ...brokers, openMqtt: mqttjsClient({ ca: caPem }) }
  for (const { name, run } of clientContract(setup)) test(name, run)

  test('and no case of the kit is left out', () => {
    expect(clientCasesLeftOut(setup)).toEqual([])
  })
})
