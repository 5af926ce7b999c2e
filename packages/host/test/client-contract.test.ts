import { clientCasesLeftOut, clientContract } from '@realer-device/contract'
import { nodePlatform } from '@realer-device/node'
import { describe, expect, test } from 'vitest'
import { scriptedBrokers } from '../../contract/test/support/scripted-broker.ts'
import { mqttOverLink } from '../src/mqtt-over-link.ts'

const { caPem, ...brokers } = await scriptedBrokers()

describe('our own client on a link keeps the contract of a client (CONN-1 to CONN-6, PUB-1, SUB-3)', () => {
  const { clock, openLink } = nodePlatform({ ca: caPem })
  const openMqtt = mqttOverLink({ clock, openLink, closeTimeoutMs: 5_000, diagnose: () => {} })
  const setup = { ...brokers, openMqtt }
  for (const { name, run } of clientContract(setup)) test(name, run)

  test('and no case of the kit is left out', () => {
    expect(clientCasesLeftOut(setup)).toEqual([])
  })
})
