import { expect, test } from 'vitest'
import { acknowledgement, canaries, topics } from './fake-cloud.ts'
import { createFakePlatform } from './fake-platform.ts'
import { createWorld } from './world.ts'

test('a device goes from the first call to online, and a report to its settlement (CAT-1, CONN-1, SUB-2, ACK-2)', async () => {
  const { cloud, device, told, platform } = createWorld()
  device.start()
  cloud.bringOnline()
  expect(told.life).toEqual(['safe: starting', 'online after start', 'not safe'])

  const report = device.report('temperature', '21.5')
  expect(report.messageId).toBe('message-1')
  expect(device.pending()).toEqual(['message-1'])
  const published = cloud.lastPacket('PUBLISH')
  expect(published?.topic).toBe(topics.temperature)
  expect(JSON.parse(published?.payload ?? '')).toEqual({
    message_id: 'message-1',
    value: '21.5',
    value_received_at: '2026-04-29T10:00:01Z',
  })
  cloud.puback()
  expect(told.reports).toEqual([])
  cloud.publish(topics.acks, acknowledgement('message-1'))
  await expect(report.settled).resolves.toEqual({ result: 'done', status: 'accepted', errorType: null })
  expect(device.pending()).toEqual([])
  expect(platform.links).toHaveLength(1)
})

test('secrets are filled in at call time: Basic is form-encoded first (AUTH-2, RFC 6749 section 2.3.1)', () => {
  const { cloud, device, platform } = createWorld()
  device.start()
  const { headers, body, url } = cloud.call.request
  expect(url).toBe('https://api.example/oauth/token')
  const basic = Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString()
  expect(basic).toBe('client-1:canary+client%2Fsecret%2B1')
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(new URLSearchParams(body ?? '').get('grant_type')).toBe('client_credentials')
  cloud.answerToken()
  expect(cloud.call.request.headers.authorization).toBe(`Bearer ${canaries.token}`)
  expect(platform.calls).toHaveLength(2)
})

test('CRED-3, F-13: no secret is in a step, a diagnostic, an error or the state, from start to stop', async () => {
  const { cloud, device, told, platform } = createWorld()
  device.on('online', () => {
    throw new Error(`a listener that knows ${canaries.clientSecret}`)
  })
  device.start()
  const failing = cloud.call
  failing.finish({ ok: false, failure: 'network', detail: `socket said ${canaries.clientSecret}` })
  platform.clock.advance(10_000)
  cloud.bringOnline()
  cloud.link.events.onClosed('network', `reset while sending ${canaries.credential}`)
  const seen = JSON.stringify([told, device.state()])
  const stopping = device.stop()
  expect(cloud.call.request.body).toContain(`token=${canaries.token}`)
  cloud.answer({})
  await expect(stopping).resolves.toEqual({ revoked: true })
  const all = seen + JSON.stringify([told, device.state()])
  expect(all.includes('a listener that knows [secret]')).toBe(true)
  expect(all.includes('reset while sending [secret]')).toBe(true)
  for (const canary of Object.values(canaries)) {
    expect(all.split(canary)).toHaveLength(1)
    expect(all.split(encodeURIComponent(canary))).toHaveLength(1)
    expect(all.split(Buffer.from(canary).toString('base64'))).toHaveLength(1)
  }
})

test('CORE-4, CRED-3: an answer after the call was given up changes nothing, and its secret is not kept', () => {
  const { cloud, device, told, platform } = createWorld()
  device.start()
  const late = cloud.call
  platform.clock.advance(30_000)
  expect(late.aborted).toBe(true)
  const steps = told.steps.length
  late.finish({
    ok: true,
    answer: {
      status: 200,
      retryAfterSeconds: null,
      body: JSON.stringify({ access_token: 'late-token', token_type: 'Bearer', expires_in: 60 }),
    },
  })
  expect(told.steps).toHaveLength(steps)
  expect(device.state()?.context.token).toBeNull()
})

test('CRED-3: the secret of an answer that the machine finds stale is not kept', () => {
  const { cloud, device, told, platform } = createWorld()
  device.start()
  // The device slept: its time-out is over, and has not fired when the answer is read.
  platform.clock.jump(40_000)
  cloud.answer({ access_token: 'stale-token', token_type: 'Bearer', expires_in: 60 })
  expect(told.steps.at(-1)).toMatchObject({ event: { type: 'tokenIssued' }, verdict: 'stale' })
  platform.clock.advance(5_000)
  // What is kept is redacted: this shows that it is not.
  cloud.call.finish({ ok: false, failure: 'network', detail: 'something with stale-token' })
  expect(told.steps.at(-1)?.event).toMatchObject({ type: 'callFailed', detail: 'something with stale-token' })
})

test('a call that cannot be made, or a link that cannot be opened, is an event and a retry, not an exception', () => {
  const caller = () => {
    throw new TypeError('no network stack')
  }
  const { device, told } = createWorld({}, { ...createFakePlatform(), caller })
  device.start()
  expect(told.steps.at(-1)?.event).toMatchObject({
    type: 'callFailed',
    detail: expect.stringContaining('no network stack'),
  })

  const openLink = () => {
    throw new TypeError('no sockets')
  }
  const other = createWorld({}, { ...createFakePlatform(), openLink })
  other.device.start()
  other.cloud.answerToken()
  other.cloud.answerCatalog()
  other.cloud.answerCredential()
  const closed = other.told.steps.find(({ event }) => event?.type === 'mqttClosed')
  expect(closed?.event).toMatchObject({
    cause: 'protocolError',
    detail: expect.stringContaining('no sockets'),
  })
})

test('CORE-2: the trace replays: same events at the same moments, same effects', async () => {
  const { initial, readConfig, step } = await import('@realer-device/core')
  const { cloud, device, told } = createWorld()
  device.start()
  cloud.bringOnline()
  device.report('temperature', '21.5')
  const lines = told.steps.map((trace) => JSON.stringify(trace))
  const config = readConfig({ deviceId: 7, apiUrl: 'https://api.example' })
  let state = initial(config, { now: 1_000, random: 0.5 }).state
  expect(told.steps.map(({ n }) => n)).toEqual(told.steps.map((_, index) => index))
  for (const line of lines.slice(1)) {
    const { now, random, wallClock, event, effects, value, verdict, rules } = JSON.parse(line)
    const made = step(state, { now, random, wallClock, event })
    expect(JSON.parse(JSON.stringify(made.effects))).toEqual(effects)
    expect({ value: made.state.value, verdict: made.verdict, rules: made.rules }).toEqual({
      value,
      verdict,
      rules,
    })
    state = made.state
  }
  expect(state).toEqual(device.state())
})
