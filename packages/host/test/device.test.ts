import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDevice, type DeviceEvents } from '../src/index.ts'
import { acknowledgement, canaries, topics } from './fake-cloud.ts'
import { createFakePlatform } from './fake-platform.ts'
import { createWorld, options } from './world.ts'

test('one event at a time: what a listener sets off is stepped after the step that it listens to', () => {
  const { cloud, device, told } = createWorld()
  const order: string[] = []
  device.on('online', () => {
    order.push('online')
    device.report('temperature', '1')
    order.push('reported')
  })
  device.on('safe', ({ entered }) => {
    if (!entered) order.push('not safe')
  })
  device.on('step', ({ event }) => {
    if (event?.type === 'reportOffered') order.push('stepped')
  })
  device.start()
  cloud.bringOnline()
  // `leaveSafe` belongs to the step of the SUBACK, so it comes before the report's own step.
  expect(order).toEqual(['online', 'reported', 'not safe', 'stepped'])
  expect(told.steps.map(({ n }) => n)).toEqual(told.steps.map((_, index) => index))
})

test('any nesting of reports in listeners is stepped once each, in the order in which they were offered', () => {
  interface Node {
    readonly children: readonly Node[]
  }
  const leaf = fc.constant<Node>({ children: [] })
  const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, leaf, fc.record({ children: fc.array(tie('tree'), { maxLength: 3 }) })),
  }))
  fc.assert(
    fc.property(tree, (root) => {
      const { device, told } = createWorld()
      const offered: string[] = []
      const waiting = new Map<string, Node>()
      const offer = (node: Node) => {
        const id = `id-${offered.length}`
        offered.push(id)
        waiting.set(id, node)
        device.report('temperature', '1', { messageId: id })
      }
      device.on('step', ({ event }) => {
        if (event?.type !== 'reportOffered') return
        for (const child of waiting.get(event.messageId)?.children ?? []) offer(child)
      })
      device.start()
      offer(root)
      const stepped = told.steps.flatMap(({ event }) =>
        event?.type === 'reportOffered' ? [event.messageId] : [],
      )
      expect(stepped).toEqual(offered)
      expect(device.pending()).toEqual(offered)
    }),
  )
})

test('a listener that throws is a diagnostic, and stops neither the loop nor the other listeners', () => {
  const { cloud, device, told } = createWorld()
  for (const name of ['step', 'safe', 'online', 'diagnostic'] as const)
    device.on(name, () => {
      throw new Error(`${name} listener`)
    })
  const heard: string[] = []
  device.on('online', () => heard.push('online'))
  device.start()
  cloud.bringOnline()
  expect(heard).toEqual(['online'])
  const failed = told.diagnostics
    .filter(({ code }) => code === 'listener-failed')
    .map(({ message }) => message)
  expect(failed).toContain('A listener of online failed: Error: online listener')
  expect(failed).toContain('A listener of step failed: Error: step listener')
})

test('a listener that was taken away is not called', () => {
  const { device } = createWorld()
  const heard: DeviceEvents['safe'][] = []
  const off = device.on('safe', (event) => heard.push(event))
  off()
  device.start()
  expect(heard).toEqual([])
})

test.each([
  [{ route: 'temperature', value: 21 }, 'value-invalid', 'value'],
  [{ route: 'temperature', value: undefined }, 'value-invalid', 'value'],
  [{ route: 'temperature', value: '1', messageId: 'has space' }, 'message-id-invalid', 'messageId'],
  [{ route: 'temperature', value: '1', messageId: 7 }, 'message-id-invalid', 'messageId'],
  [
    { route: 'temperature', value: '1', valueReceivedAt: 'today' },
    'value-received-at-invalid',
    'valueReceivedAt',
  ],
  [{ route: 'temperature', value: '1', valueReceivedAt: 0 }, 'value-received-at-invalid', 'valueReceivedAt'],
  [{ route: 'nowhere', value: '1' }, 'route-unknown', 'route'],
  [{ route: 7, value: '1' }, 'route-unknown', 'route'],
])(
  'PUB-3: a bad report is refused with its field, and told: %j',
  async ({ route, value, ...rest }, code, field) => {
    const { cloud, device, told } = createWorld()
    device.start()
    cloud.bringOnline()
    const { settled } = device.report(route as string, value as string, rest as { messageId?: string })
    await expect(settled).rejects.toMatchObject({ name: 'ReportError', code, field })
    expect(told.diagnostics.at(-1)).toMatchObject({ code: 'report-refused', field })
    expect(device.pending()).toEqual([])
  },
)

test.each([
  ['a function', () => 'x'],
  ['not a number', Number.NaN],
  ['a date', new Date(0)],
  ['undefined inside', { inner: undefined }],
  [
    'a cycle',
    (() => {
      const loop: { self?: unknown } = {}
      loop.self = loop
      return loop
    })(),
  ],
])('PUB-3: a value that JSON cannot carry unchanged is refused: %s', async (_what, value) => {
  const { device } = createWorld({ valueContract: 'json' })
  device.start()
  await expect(device.report('temperature', value as string).settled).rejects.toMatchObject({
    code: 'value-invalid',
  })
})

test('a value is copied when it is offered: its owner may change it afterwards (PUB-4)', () => {
  const { cloud, device, told } = createWorld({ valueContract: 'json' })
  const value = { celsius: 21 }
  device.on('online', () => {
    // Offered during a step, so that the machine sees it later.
    device.report('temperature', value)
    value.celsius = 99
  })
  device.start()
  cloud.bringOnline()
  const payload = cloud.lastPacket('PUBLISH')?.payload ?? ''
  expect(JSON.parse(payload).value).toEqual({ celsius: 21 })
  expect(told.steps.at(-1)?.event).toMatchObject({ type: 'reportOffered', value: { celsius: 21 } })
})

test('a refused report whose promise no one looks at is a diagnostic, and no unhandled rejection', async () => {
  const { cloud, device, told } = createWorld()
  device.report('temperature', '1')
  device.start()
  cloud.bringOnline()
  device.report('nowhere', '1')
  // The turn in which Node, and so the test's runner, tells unhandled rejections.
  await new Promise((resolve) => setImmediate(resolve))
  expect(told.diagnostics.map(({ code }) => code)).toEqual(['report-refused', 'report-refused'])
})

test('CRED-5: a clock that goes back is held, so that the machine never sees it', () => {
  const { cloud, device, told, platform } = createWorld()
  device.start()
  platform.clock.advance(500)
  platform.clock.jump(-400)
  cloud.answerToken()
  platform.clock.advance(100)
  cloud.answerCatalog()
  platform.clock.jump(-100)
  cloud.answerCredential()
  const moments = told.steps.map(({ now }) => now)
  expect(moments).toEqual([...moments].sort((a, b) => a - b))
  expect(moments.length).toBeGreaterThan(3)
})

test('PUB-4: a message id in use is refused, and the report that has it goes on', async () => {
  const { cloud, device } = createWorld()
  device.start()
  cloud.bringOnline()
  const first = device.report('temperature', '1', { messageId: 'same' })
  const second = device.report('temperature', '2', { messageId: 'same' })
  await expect(second.settled).rejects.toMatchObject({ code: 'message-id-in-use', messageId: 'same' })
  cloud.puback()
  cloud.publish(topics.acks, acknowledgement('same'))
  await expect(first.settled).resolves.toMatchObject({ result: 'done' })
})

test('STOP-1: the stop disconnects, revokes, and ends every promise; nothing is left running', async () => {
  const { cloud, device, told, platform } = createWorld()
  device.start()
  cloud.bringOnline()
  const report = device.report('temperature', '1')
  const stopping = device.stop({ reason: 'decommissioning' })
  expect(device.stop()).toBe(stopping)
  expect(cloud.packets().at(-1)).toMatchObject({ type: 'DISCONNECT', reasonCode: 0 })
  cloud.link.events.onClosed('client', 'closed')
  expect(cloud.call.request.url).toBe('https://api.example/oauth/revoke')
  cloud.answer({})
  await expect(stopping).resolves.toEqual({ revoked: true })
  await expect(report.settled).resolves.toEqual({ result: 'pending' })
  expect(told.life.at(-1)).toBe('stopped: decommissioning, revoked true')
  expect(device.pending()).toEqual([report.messageId])
  expect(platform.clock.running).toBe(0)
  await expect(device.report('temperature', '2').settled).rejects.toMatchObject({ code: 'stopped' })
  expect(() => device.start()).toThrow(expect.objectContaining({ code: 'already-stopped' }))
})

test('STOP-1, AUTH-7: a stop with a dead network and a dead broker ends in time', async () => {
  const { cloud, device, platform } = createWorld()
  device.start()
  cloud.bringOnline()
  const stopping = device.stop()
  platform.clock.advance(15_000)
  await expect(stopping).resolves.toEqual({ revoked: false })
  expect(cloud.link.state).toBe('destroyed')
  expect(cloud.call.aborted).toBe(true)
  expect(platform.clock.running).toBe(0)
})

test('STOP-2: a compromise during a shutdown reaches the machine: it revokes at once, and the promise is the same', async () => {
  const { cloud, device, told, platform } = createWorld()
  device.start()
  cloud.bringOnline()
  const stopping = device.stop()
  // The shutdown waits for its link to close.
  expect(cloud.link.state).toBe('closing')
  expect(cloud.call.request.url).not.toContain('/oauth/revoke')
  expect(device.stop({ reason: 'compromise' })).toBe(stopping)
  expect(told.steps.at(-1)).toMatchObject({
    event: { type: 'stopRequested', reason: 'compromise' },
    verdict: 'taken',
  })
  expect(cloud.call.request.url).toContain('/oauth/revoke')
  expect(cloud.call.request.body).toContain(canaries.token)
  cloud.answer({})
  await expect(stopping).resolves.toEqual({ revoked: true })
  expect(told.life.at(-1)).toBe('stopped: compromise, revoked true')
  expect(cloud.link.state).toBe('destroyed')
  expect(platform.clock.running).toBe(0)
})

test('STOP-2: a compromise revokes without waiting for the link, and the secrets are dropped', async () => {
  const { cloud, device, told } = createWorld()
  device.start()
  cloud.bringOnline()
  const stopping = device.stop({ reason: 'compromise' })
  expect(cloud.packets().at(-1)).toMatchObject({ type: 'DISCONNECT', reasonCode: 0 })
  expect(cloud.call.request.url).toContain('/oauth/revoke')
  // What is kept is redacted: the credential is not kept any more.
  cloud.call.finish({ ok: false, failure: 'network', detail: `no route, said ${canaries.credential}` })
  await expect(stopping).resolves.toEqual({ revoked: false })
  expect(told.steps.some(({ event }) => JSON.stringify(event).includes(canaries.credential))).toBe(true)
})

test('CONN-2, DES-9, PUB-9: the options of the machine reach it', () => {
  const will = { route: 'temperature', value: 'gone', delaySeconds: 5 }
  const { cloud, device, platform } = createWorld({
    outboxOverflow: 'evictOldest',
    outdatedCommands: 'reportStale',
    durable: true,
    sessionExpirySeconds: 600,
    will,
    tokenRenewalFraction: 0.5,
    wallClock: 'trusted',
    limits: { maxReports: 1 },
  })
  device.start()
  expect(device.state()?.context.config).toMatchObject({ outboxOverflow: 'evictOldest', will, durable: true })
  cloud.answerToken()
  cloud.answerCatalog()
  cloud.answerCredential()
  cloud.link.events.onOpen()
  const connect = Buffer.from(cloud.link.sent[0] ?? [])
  // Section 3.1.2.3: user name, password, will at QoS 1, no clean start.
  expect(connect[connect.indexOf('MQTT') + 5]).toBe(0b1100_1100)
  expect(connect.toString('latin1')).toContain(topics.temperature)
  expect(connect.toString('latin1')).toContain('"value":"gone"')
  expect(connect.toString('hex')).toContain('1100000258')
  expect(platform.links).toHaveLength(1)
})

test('PUB-9: at the bound the oldest report makes room where the host chose so, and its promise says that it was evicted', async () => {
  const { device, told } = createWorld({ outboxOverflow: 'evictOldest', limits: { maxReports: 1 } })
  device.start()
  const first = device.report('temperature', '1')
  const second = device.report('temperature', '2')
  await expect(first.settled).resolves.toEqual({ result: 'failed', status: 'evicted', errorType: null })
  expect(told.reports).toMatchObject([{ messageId: first.messageId, status: 'evicted' }])
  expect(device.pending()).toEqual([second.messageId])
})

test('DES-2: the time of day goes into every step, and so into the trace', () => {
  const { cloud, device, told } = createWorld()
  device.start()
  cloud.bringOnline()
  expect(told.steps.length).toBeGreaterThan(4)
  expect(new Set(told.steps.map(({ wallClock }) => wallClock))).toEqual(new Set(['2026-04-29T10:00:01Z']))
})

test('before the start: reports are refused, and a stop is the end', async () => {
  const { device, told } = createWorld()
  await expect(device.report('temperature', '1').settled).rejects.toMatchObject({ code: 'not-started' })
  expect(device.state()).toBeNull()
  expect(device.pending()).toEqual([])
  await expect(device.stop()).resolves.toEqual({ revoked: false })
  expect(told.life).toEqual(['stopped: shutdown, revoked false'])
  expect(() => device.start()).toThrow(expect.objectContaining({ code: 'already-stopped' }))
  await expect(device.report('temperature', '1').settled).rejects.toMatchObject({ code: 'stopped' })
})

test('a wrong use is a typed error that names the argument', async () => {
  const { device } = createWorld()
  expect(() => device.on('onlin' as 'online', () => {})).toThrow(
    expect.objectContaining({ code: 'argument-invalid', field: 'name' }),
  )
  expect(() => device.on('online', 7 as never)).toThrow(expect.objectContaining({ field: 'listener' }))
  await expect(device.stop({ reason: 'bored' as 'shutdown' })).rejects.toMatchObject({
    code: 'argument-invalid',
    field: 'reason',
  })
  device.start()
  expect(() => device.start()).toThrow(expect.objectContaining({ code: 'already-started' }))
})

test.each([
  [{ clientId: '' }, 'clientId'],
  [{ clientSecret: undefined }, 'clientSecret'],
  [{ clientSecret: 'half \ud800' }, 'clientSecret'],
  [{ apiUrl: 'http://api.example' }, 'apiUrl'],
  [{ commandRoutes: ['door'] }, 'commandRoutes'],
  [{ repeatableRoutes: ['door'] }, 'repeatableRoutes'],
  [{ wallClock: 'right' }, 'wallClock'],
  [{ will: { route: 'door' } }, 'will.value'],
  [{ timing: { backoffFloorMs: -1 } }, 'timing.backoffFloorMs'],
  [{ colour: 'red' }, 'colour'],
])('options are checked at the door, and no value is quoted: %j (AUTH-1)', (wrong, field) => {
  const given = { ...options, ...wrong } as typeof options
  expect(() => createDevice(given, createFakePlatform())).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      field,
      message: expect.not.stringContaining(canaries.clientSecret),
    }),
  )
})

test('null in place of options stands for none: report() and stop() do not throw', async () => {
  const { device } = createWorld()
  const { settled } = device.report('temperature', '1', null as unknown as undefined)
  await expect(settled).rejects.toMatchObject({ code: 'not-started' })
  await expect(device.stop(null as unknown as undefined)).resolves.toEqual({ revoked: false })
})
