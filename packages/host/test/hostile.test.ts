import { expect, test } from 'vitest'
import { createVault } from '../src/vault.ts'
import { acknowledgement, canaries, desiredState, topics } from './fake-cloud.ts'
import { createFakePlatform } from './fake-platform.ts'
import { createWorld, settlePromises, type World } from './world.ts'

function everything({ told, device }: World): string {
  return JSON.stringify([told, device.state(), device.snapshot()])
}

function expectNoCanary(world: World): void {
  const all = everything(world)
  for (const canary of Object.values(canaries))
    for (const form of [canary, encodeURIComponent(canary), Buffer.from(canary).toString('base64')])
      expect(all).not.toContain(form)
}

const issued = { access_token: canaries.token, token_type: 'Bearer', expires_in: 3600 }
const goodTuple = {
  mqtt_client_id: 'cdv_1',
  mqtt_username: 'user-1',
  mqtt_credential: canaries.credential,
  scopes: ['iot:mqtt:connect'],
  expires_in: 3600,
  renew_after: 30,
  session_hard_expires_in: 3600,
}

test.each<[string, object]>([
  ['the user name', { mqtt_username: canaries.credential }],
  ['a scope', { scopes: ['iot:mqtt:connect', `iot:${canaries.token}`] }],
  ['the client id, in Base64', { mqtt_client_id: `cdv_${Buffer.from(canaries.token).toString('base64')}` }],
])('CRED-3: an answer that shows a secret in %s is not used', (_what, wrong) => {
  const world = createWorld()
  const { cloud, device, told, platform } = world
  device.start()
  cloud.answerToken()
  cloud.answerCatalog()
  cloud.answer({ mqtt: { ...goodTuple, ...wrong } }, 201)
  expect(told.steps.at(-1)?.event).toMatchObject({
    type: 'callFailed',
    failure: 'malformed',
    detail: expect.stringContaining('shows a secret'),
  })
  expect(platform.links).toEqual([])
  expectNoCanary(world)
})

test('AUTH-8: a credential that is the Bearer token is not used as the MQTT password', () => {
  const world = createWorld()
  const { cloud, device, told, platform } = world
  device.start()
  cloud.answerToken()
  cloud.answerCatalog()
  cloud.answer({ mqtt: { ...goodTuple, mqtt_credential: canaries.token } }, 201)
  expect(told.steps.at(-1)?.event).toMatchObject({ type: 'callFailed', failure: 'malformed' })
  expect(platform.links).toEqual([])
})

test('CRED-3: a refusal that names a secret as its error, and a token answer that shows the client secret', () => {
  const world = createWorld({ clientSecret: 'canary_secret_of_letters' })
  const { cloud, device, platform } = world
  device.start()
  cloud.answer({ error: 'canary_secret_of_letters' }, 401)
  platform.clock.advance(300_000)
  cloud.answer({ ...issued, access_token: 'canary_secret_of_letters' })
  expect(everything(world)).not.toContain('canary_secret_of_letters')
})

test('a credential that comes a second time is no fault: only what it was asked with must not be in it', () => {
  const { cloud, device, told, platform } = createWorld()
  device.start()
  cloud.bringOnline()
  platform.clock.advance(30_000)
  cloud.answerCredential()
  expect(told.life.at(-1)).toBe('offline: renewal')
})

test('CRED-3: a message that shows a secret, written out or escaped, is refused with 0x99 and never reaches the machine', async () => {
  const world = createWorld()
  const { cloud, device, told } = world
  const executed: string[] = []
  device.onCommand('door', {
    execute: ({ desiredId }) => void executed.push(desiredId),
    currentValue: () => 'open',
  })
  device.start()
  cloud.bringOnline()
  await settlePromises()
  const escaped = [...canaries.credential]
    .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
  const messages: [string, string][] = [
    [topics.doorDesired, desiredState('des_1', 1, canaries.credential)],
    [topics.doorDesired, desiredState('des_2', 2, 'open').replace('"open"', `"${escaped}"`)],
    [topics.acks, acknowledgement('message-1').replace('accepted', `no: ${canaries.token}`)],
    [topics.acks, `${'['.repeat(5_000)}"${escaped}"${']'.repeat(5_000)}`],
  ]
  for (const [index, [topic, payload]] of messages.entries()) {
    const steps = told.steps.length
    cloud.publish(topic, payload, index + 1)
    await settlePromises()
    expect(told.steps).toHaveLength(steps)
    expect(told.diagnostics.at(-1)).toMatchObject({ code: 'message-shows-secret', rule: 'CRED-3' })
    expect(cloud.lastPacket('PUBACK')).toMatchObject({ packetId: index + 1, reasonCode: 0x99 })
  }
  expect(executed).toEqual([])
  expectNoCanary(world)
})

test('a secret that is too short to be told from chance is redacted, and not looked for in answers', () => {
  const vault = createVault()
  vault.keep('client', 'open')
  expect(vault.redact('the door is open')).toBe('the door is [secret]')
  expect(vault.isIn({ value: 'open' })).toBe(false)
  vault.keep('call-1', 'a longer secret')
  expect(vault.isIn({ 'a longer secret': 1 })).toBe(true)
  expect(vault.isIn(JSON.parse(`${'['.repeat(50_000)}"a+longer+secret"${']'.repeat(50_000)}`))).toBe(true)
  vault.forgetAll()
  expect(vault.isIn('a longer secret')).toBe(false)
})

test('CORE-3, STOP-2: a caller that throws when it is told to stop keeps neither the loop nor a stop from going on', async () => {
  const platform = createFakePlatform()
  const { caller } = platform
  const { device, told } = createWorld(
    {},
    {
      ...platform,
      caller(request, finish) {
        caller(request, finish)
        return () => {
          throw new Error('it cannot be ended')
        }
      },
    },
  )
  device.start()
  expect(await device.stop()).toEqual({ revoked: false })
  expect(told.life.at(-1)).toBe('stopped: shutdown, revoked false')
})
