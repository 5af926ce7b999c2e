import type { BrokerPeer, ClientPacket } from '@realer-device/contract'
import type { MqttClientEvents, OpenMqtt } from '@realer-device/host'
import { nodePlatform } from '@realer-device/node'
import { afterEach, describe, expect, test } from 'vitest'
import { scriptedBrokers } from '../../contract/test/support/scripted-broker.ts'
import { mqttOverLink } from '../../host/src/mqtt-over-link.ts'
import { mqttjsClient } from '../src/mqttjs-client.ts'

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

/** Each row fails as soon as MQTT.js refuses what the standard forbids: then it leaves here and docs/mqtt-clients.md. */
const differences: readonly [what: string, bytes: readonly number[], ours: string, mqttjs: string[]][] = [
  [
    'a topic that is not UTF-8 (MQTT-1.5.4-1)',
    [0x30, 0x04, 0x00, 0x01, 0xff, 0x00],
    'protocolError 0x81',
    ['message on \ufffd', 'message on after'],
  ],
  ['a PINGRESP that nobody asked for', [0xd0, 0x00], 'protocolError 0x82', ['message on after']],
  [
    'a property that has no place in a PUBLISH (receive maximum; section 2.2.2.2)',
    [0x30, 0x07, 0x00, 0x01, 0x61, 0x03, 0x21, 0x00, 0x05],
    'protocolError 0x81',
    ['message on a', 'message on after'],
  ],
  [
    'a content type that is there twice (MQTT-3.3.2-20)',
    [0x30, 0x0c, 0x00, 0x01, 0x61, 0x08, 0x03, 0x00, 0x01, 0x78, 0x03, 0x00, 0x01, 0x79],
    'protocolError 0x82',
    ['message on a', 'message on after'],
  ],
  [
    'DUP on a message of QoS 0 (MQTT-3.3.1-2)',
    [0x38, 0x04, 0x00, 0x01, 0x61, 0x00],
    'protocolError 0x82',
    ['message on a', 'message on after'],
  ],
]

describe('what MQTT.js takes from a broker and our own client refuses (MQTT 5 section 4.13)', () => {
  test.each(differences)('%s', async (_what, bytes, refused, taken) => {
    expect(await toldOf(ours, Uint8Array.from(bytes))).toEqual([refused])
    expect(await toldOf(mqttjs, Uint8Array.from(bytes))).toEqual(taken)
  })
})
