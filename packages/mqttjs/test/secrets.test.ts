import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ClientPacket } from '@realer-device/contract'
import { expect, test } from 'vitest'
import { scriptedBrokers } from '../../contract/test/support/scripted-broker.ts'

const { caPem, listen } = await scriptedBrokers()

/** Connects once, and says what the client's options hold afterwards. */
const program = `
import { MqttClient } from 'mqtt'
import { mqttjsClient } from ${JSON.stringify(fileURLToPath(new URL('../src/index.ts', import.meta.url)))}

let seen = null
const on = MqttClient.prototype.on
MqttClient.prototype.on = function (...args) {
  seen = this
  return on.apply(this, args)
}
const connection = mqttjsClient({ ca: process.env.CA })(
  {
    url: process.env.BROKER, timeoutMs: 10_000, clientId: 'cdv_a', username: 'canary-user', cleanStart: true,
    sessionExpirySeconds: 0, will: null, keepAliveSeconds: 600, readPassword: () => 'canary-password',
  },
  {
    onConnected: () => {
      process.stdout.write(JSON.stringify(Object.keys(seen.options)))
      connection.disconnect(0)
    },
    onRefused() {}, onSubscribed() {}, onPublishAnswered() {}, onMessage() {}, onClosed() {},
  },
)
`

test('CRED-3, F-13: with every debug log of MQTT.js on, the password is in none, and its options have lost it', async () => {
  let connect: ClientPacket | null = null
  const listener = await listen((peer) => ({
    onPacket(packet) {
      if (packet.type !== 'connect') return
      connect = packet
      void peer.send({ type: 'connack', reasonCode: 0 })
    },
    onOver: () => {},
  }))
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', program],
      {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        env: { PATH: process.env.PATH, DEBUG: '*', CA: caPem, BROKER: listener.url },
      },
    )
    expect(connect).toMatchObject({ type: 'connect', password: 'canary-password' })
    // The logs are on: they show what is no secret.
    expect(stderr).toContain('canary-user')
    expect(stderr).not.toContain('canary-password')
    expect(stderr).not.toContain(
      Buffer.from('canary-password').toString('hex').slice(0, 12).replace(/../g, '$& ').trim(),
    )
    expect(JSON.parse(stdout)).toContain('username')
    expect(JSON.parse(stdout)).not.toContain('password')
  } finally {
    await listener.stop()
  }
})
