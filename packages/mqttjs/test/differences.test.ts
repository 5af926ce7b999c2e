import type { BrokerPeer, ClientPacket } from '@realer-device/contract'
import type { MqttClientEvents, OpenMqtt } from '@realer-device/host'
import { nodePlatform } from '@realer-device/node'
import { afterEach, describe, expect, test } from 'vitest'
import { scriptedBrokers } from '../../contract/test/support/scripted-broker.ts'
import { mqttOverLink } from '../../host/src/mqtt-over-link.ts'
import { mqttjsClient } from '../src/mqttjs-client.ts'
import { differences } from './differences.ts'

const { caPem, listen } = await scriptedBrokers()
const { clock, openLink } = nodePlatform({ ca: caPem })
const ours = mqttOverLink({ clock, openLink, closeTimeoutMs: 5_000, diagnose: () => {} })
const mqttjs = mqttjsClient({ ca: caPem })
const endings: (() => unknown)[] = []

afterEach(() => {
  for (const end of endings.splice(0).reverse()) end()
})

/** What a client tells when the broker sends these bytes after CONNACK, and then a message by which it goes on. */
async function toldOf(openMqtt: OpenMqtt, bytes: Uint8Array): Promise<string[]> {
  const told: string[] = []
  let peer: BrokerPeer | null = null
  let accepted = (_packet: ClientPacket): void => {}
  const listener = await listen((given) => {
    peer = given
    return { onPacket: (packet) => accepted(packet), onOver: () => {} }
  })
  endings.push(() => listener.stop())
  accepted = ({ type }) => {
    if (type === 'connect') void peer?.send({ type: 'connack', reasonCode: 0 })
  }
  await new Promise<void>((resolve) => {
    const events: MqttClientEvents = {
      onConnected() {
        void peer?.sendBytes(bytes)
        void peer?.send({ type: 'publish', topic: 'after', payload: '', qos: 0 })
      },
      onRefused: () => resolve(),
      onSubscribed: () => {},
      onPublishAnswered: () => {},
      onMessage({ topic, acknowledge }) {
        told.push(`message on ${topic}`)
        acknowledge(0x00)
        if (topic === 'after') resolve()
      },
      onClosed({ cause, reasonCode }) {
        told.push(`${cause} 0x${reasonCode?.toString(16)}`)
        resolve()
      },
    }
    const connection = openMqtt(
      {
        url: listener.url,
        timeoutMs: 10_000,
        clientId: 'cdv_a',
        username: 'u',
        cleanStart: true,
        sessionExpirySeconds: 0,
        will: null,
        keepAliveSeconds: 600,
        readPassword: () => 'p',
      },
      events,
    )
    endings.push(connection.abort)
  })
  return told
}

describe('what MQTT.js takes from a broker and our own client refuses (MQTT 5 section 4.13)', () => {
  test.each(differences)('%s', async (_what, bytes, refused, taken) => {
    expect(await toldOf(ours, Uint8Array.from(bytes))).toEqual([refused])
    expect(await toldOf(mqttjs, Uint8Array.from(bytes))).toEqual(taken)
  })
})
