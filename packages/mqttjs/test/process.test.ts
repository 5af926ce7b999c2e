import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BrokerPeer, ClientPacket } from '@realer-device/contract'
import { afterEach, expect, test } from 'vitest'
import { scriptedBrokers } from '../../contract/test/support/scripted-broker.ts'

const { caPem, listen } = await scriptedBrokers()
const source = JSON.stringify(fileURLToPath(new URL('../src/index.ts', import.meta.url)))
const endings: (() => unknown)[] = []

afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

/** A broker that answers a CONNECT as it is told to; what came to it. */
async function startBroker(
  answer: (peer: BrokerPeer) => void,
): Promise<{ url: string; packets: ClientPacket[] }> {
  const packets: ClientPacket[] = []
  const listener = await listen((peer) => ({
    onPacket(packet) {
      packets.push(packet)
      if (packet.type === 'connect') answer(peer)
    },
    onOver: () => {},
  }))
  endings.push(() => listener.stop())
  return { url: listener.url, packets }
}

/** Runs a program to its own end: nothing that it leaves open lets it go. */
async function run(program: string, broker: string, debug = ''): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', program],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { PATH: process.env.PATH, DEBUG: debug, CA: caPem, BROKER: broker },
      timeout: 50_000,
    },
  )
}

const request = `{
  url: process.env.BROKER, timeoutMs: 2_000_000_000, clientId: 'cdv_a', username: 'canary-user', cleanStart: true,
  sessionExpirySeconds: 0, will: null, keepAliveSeconds: 600, readPassword: () => 'canary-password',
}`
const silence = 'onRefused() {}, onSubscribed() {}, onPublishAnswered() {}, onMessage() {}'

test('CRED-3, F-13: with every debug log of MQTT.js on, the password is in none, and its options have lost it', async () => {
  const { url, packets } = await startBroker((peer) => void peer.send({ type: 'connack', reasonCode: 0 }))
  const program = `
    import { MqttClient } from 'mqtt'
    import { mqttjsClient } from ${source}
    let seen = null
    const { on } = MqttClient.prototype
    MqttClient.prototype.on = function (...args) {
      seen = this
      return on.apply(this, args)
    }
    const connection = mqttjsClient({ ca: process.env.CA })(${request}, {
      onConnected() {
        process.stdout.write(JSON.stringify(Object.keys(seen.options)))
        connection.disconnect(0)
      },
      onClosed() {}, ${silence},
    })`
  const { stdout, stderr } = await run(program, url, '*')
  expect(packets[0]).toMatchObject({ type: 'connect', password: 'canary-password' })
  // The logs are on: they show what is no secret.
  expect(stderr).toContain('canary-user')
  expect(stderr).not.toContain('canary-password')
  expect(stderr).not.toContain('63 61 6e 61 72 79 2d 70')
  expect(JSON.parse(stdout)).toContain('username')
  expect(JSON.parse(stdout)).not.toContain('password')
})

test('CORE-5: aborted before CONNACK and after it, a connection leaves no socket and no timer behind', async () => {
  let connects = 0
  const { url } = await startBroker((peer) => {
    connects += 1
    // The first one waits for CONNACK until it is aborted.
    if (connects > 1) void peer.send({ type: 'connack', reasonCode: 0 })
  })
  const program = `
    import { mqttjsClient } from ${source}
    const openMqtt = mqttjsClient({ ca: process.env.CA })
    const tell = (event) => process.stdout.write(event + ';')
    const open = (readPassword, onConnected) =>
      openMqtt({ ...${request}, readPassword }, { onConnected, onClosed: () => tell('closed'), ${silence} })
    const waiting = open(() => {
      setImmediate(() => {
        waiting.abort()
        const connected = open(() => 'p', () => {
          tell('connected')
          connected.publish('d-1', 'a', 'unanswered')
          connected.abort()
          open(() => 'p', () => {}).abort()
        })
      })
      return 'p'
    }, () => tell('too early'))`
  const { stdout } = await run(program, url)
  expect(stdout).toBe('connected;')
})
