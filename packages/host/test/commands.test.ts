import type { JsonValue } from '@realer-device/core'
import { expect, test } from 'vitest'
import type { Command, CommandHandler } from '../src/index.ts'
import { acknowledgement, desiredState, topics } from './fake-cloud.ts'
import { createWorld, settlePromises, type World } from './world.ts'

/** A world that is online, with this handler of the door. */
function worldWithDoor(
  handler: Partial<CommandHandler>,
  given: Parameters<typeof createWorld>[0] = {},
): World {
  const world = createWorld(given)
  world.device.onCommand('door', { execute: () => {}, currentValue: () => 'open', ...handler })
  world.device.start()
  world.cloud.bringOnline()
  return world
}

function lastReport({ cloud }: World): unknown {
  return JSON.parse(cloud.lastPacket('PUBLISH')?.payload ?? 'null')
}

test('DES-7, PUB-10: a command runs, and its report says what is physically true afterwards', async () => {
  const commands: Command[] = []
  const world = worldWithDoor({
    execute: (command) => void commands.push(command),
    currentValue: async () => 'half open',
  })
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
  await settlePromises()
  expect(commands).toMatchObject([
    {
      desiredId: 'des_1',
      route: 'door',
      value: 'open',
      sequenceNumber: 4,
      windowMs: 60_000,
      deadlineAt: 61_000,
    },
  ])
  // The first message id is that of the door's value after the way online (PUB-11).
  expect(lastReport(world)).toEqual({
    message_id: 'message-2',
    value: 'half open',
    value_received_at: '2026-04-29T10:00:01Z',
    desired_id: 'des_1',
    sequence_number: 4,
  })
  expect(world.told.commands).toEqual([{ route: 'door', desiredId: 'des_1', outcome: 'applied' }])
})

test.each([
  ['answers rejected', () => 'rejected' as const, undefined],
  [
    'throws',
    () => {
      throw new Error('jammed')
    },
    'The handler of door failed: Error: jammed',
  ],
  [
    'rejects its promise',
    () => Promise.reject(new Error('jammed')),
    'The handler of door failed: Error: jammed',
  ],
  ['answers nonsense', () => 'yes' as never, 'The handler of door answered neither applied nor rejected.'],
])(
  'DES-6: a handler that %s makes a rejected report with the physical value',
  async (_what, execute, message) => {
    const world = worldWithDoor({ execute, currentValue: () => 'closed' })
    world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
    await settlePromises()
    expect(lastReport(world)).toMatchObject({
      desired_id: 'des_1',
      report_status: 'rejected',
      value: 'closed',
    })
    expect(world.told.diagnostics.find(({ code }) => code === 'handler-failed')?.message).toBe(message)
  },
)

const unreadable: [string, () => JsonValue, 'string' | 'json'][] = [
  [
    'throws',
    () => {
      throw new Error('sensor gone')
    },
    'string',
  ],
  ['has no string', () => 21, 'string'],
  ['is no JSON', () => Number.NaN, 'json'],
]

test.each(unreadable)(
  'PUB-10: where the physical value %s, nothing is reported and the route goes on',
  async (_what, currentValue, valueContract) => {
    let fails = true
    const world = worldWithDoor({ currentValue: () => (fails ? currentValue() : 'open') }, { valueContract })
    world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
    await settlePromises()
    expect(lastReport(world)).toBeNull()
    expect(world.told.diagnostics.map(({ code }) => code)).toContain('value-unreadable')
    expect(world.told.steps.at(-1)?.event).toEqual({ type: 'valueUnknown', desiredId: 'des_1' })
    fails = false
    world.cloud.publish(topics.doorDesired, desiredState('des_2', 5), 2)
    await settlePromises()
    expect(lastReport(world)).toMatchObject({ desired_id: 'des_2' })
  },
)

test('DES-5: a command that was never started is asked for its value and reported stale', async () => {
  let finish: (result: 'applied') => void = () => {}
  const executed: string[] = []
  const world = worldWithDoor({
    execute({ desiredId }) {
      executed.push(desiredId)
      return new Promise<'applied'>((resolve) => {
        finish = resolve
      })
    },
  })
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
  world.cloud.publish(topics.doorDesired, desiredState('des_2', 5, 'closed', 10), 2)
  world.platform.clock.advance(10_000)
  await settlePromises()
  expect(lastReport(world)).toMatchObject({ desired_id: 'des_2', report_status: 'stale', value: 'open' })
  finish('applied')
  await settlePromises()
  expect(executed).toEqual(['des_1'])
  expect(lastReport(world)).toMatchObject({ desired_id: 'des_1' })
})

test('F-12: a command whose window ended while the host was busy is not executed', async () => {
  const executed: string[] = []
  const world = worldWithDoor({ execute: ({ desiredId }) => void executed.push(desiredId) })
  // Something between the step and the handler takes all the time there was: here, a listener of the step.
  world.device.on('step', ({ effects }) => {
    if (effects.some(({ type }) => type === 'startCommand')) world.platform.clock.jump(60_000)
  })
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
  await settlePromises()
  expect(executed).toEqual([])
  expect(world.told.diagnostics.map(({ code }) => code)).toContain('command-late')
  expect(lastReport(world)).toMatchObject({ desired_id: 'des_1', report_status: 'stale' })
})

test('PUB-10: a value that makes no report leaves its command unanswered, and the route free for the next', async () => {
  let value = 'x'.repeat(100_000)
  const executed: string[] = []
  const world = worldWithDoor({
    execute: ({ desiredId }) => void executed.push(desiredId),
    currentValue: () => value,
  })
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
  await settlePromises()
  expect(world.told.diagnostics).toContainEqual(
    expect.objectContaining({ code: 'report-refused', field: 'value' }),
  )
  value = 'open'
  world.cloud.publish(topics.doorDesired, desiredState('des_2', 5), 2)
  await settlePromises()
  expect(executed).toEqual(['des_1', 'des_2'])
  expect(lastReport(world)).toMatchObject({ desired_id: 'des_2', value: 'open' })
})

test('DES-8: a command that runs for too long hears of it through its own signal, and its later answer counts no more', async () => {
  const answers: (() => void)[] = []
  const heard: string[] = []
  let value = 'ajar'
  const world = worldWithDoor(
    {
      execute({ desiredId, signal }) {
        signal.onAbort(() => heard.push(desiredId))
        return new Promise<'applied'>((resolve) => answers.push(() => resolve('applied')))
      },
      currentValue: () => value,
    },
    { timing: { commandTimeoutMs: 20_000 } },
  )
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
  await settlePromises()
  world.platform.clock.advance(20_000)
  await settlePromises()
  expect(heard).toEqual(['des_1'])
  expect(world.told.steps.flatMap(({ effects }) => effects)).toContainEqual({
    type: 'readValue',
    route: 'door',
    desiredId: 'des_1',
    because: 'interrupted',
  })
  expect(world.told.commands).toEqual([{ route: 'door', desiredId: 'des_1', outcome: 'rejected' }])

  // The next one runs, with a signal of its own; what the first one says now is told to nobody.
  world.cloud.publish(topics.doorDesired, desiredState('des_2', 5), 2)
  await settlePromises()
  const steps = world.told.steps.length
  answers[0]?.()
  await settlePromises()
  expect(world.told.steps).toHaveLength(steps)
  value = 'open'
  answers[1]?.()
  await settlePromises()
  expect(heard).toEqual(['des_1'])
  expect(world.told.commands.at(-1)).toEqual({ route: 'door', desiredId: 'des_2', outcome: 'applied' })
})

test('PUB-11: after the way online the value of a command route is read, and reported where the cloud cannot know it', async () => {
  let value = 'open'
  const world = worldWithDoor({ currentValue: () => value })
  await settlePromises()
  expect(lastReport(world)).toEqual({
    message_id: 'message-1',
    value: 'open',
    value_received_at: '2026-04-29T10:00:01Z',
  })
  world.cloud.puback()
  world.cloud.publish(topics.acks, acknowledgement('message-1'))

  const backOnline = async (): Promise<number> => {
    world.cloud.link.events.onClosed('network', 'cut')
    world.platform.clock.advance(10_000)
    world.cloud.link.events.onOpen()
    world.cloud.connack()
    world.cloud.suback()
    await settlePromises()
    return world.cloud.packets().filter(({ type }) => type === 'PUBLISH').length
  }
  expect(await backOnline()).toBe(0)
  value = 'closed by hand'
  expect(await backOnline()).toBe(1)
  expect(lastReport(world)).toMatchObject({ message_id: 'message-3', value: 'closed by hand' })
  expect(lastReport(world)).not.toHaveProperty('desired_id')
})

test('PUB-10, PUB-11: a value that cannot be read after the way online is a diagnostic, and nothing is made up', async () => {
  const world = worldWithDoor({
    currentValue() {
      throw new Error('sensor gone')
    },
  })
  await settlePromises()
  expect(lastReport(world)).toBeNull()
  expect(world.told.diagnostics).toContainEqual(expect.objectContaining({ code: 'value-unreadable' }))
  expect(world.told.steps.at(-1)?.event).toMatchObject({ type: 'routeValueUnknown' })
})

test('STOP-1: a running command hears of the stop, and a listener of its signal that throws stops nothing', async () => {
  const heard: string[] = []
  const world = worldWithDoor({
    execute({ signal }) {
      signal.onAbort(() => {
        throw new Error('in the signal')
      })
      signal.onAbort(() => heard.push('first'))
      return new Promise<'rejected'>((resolve) => {
        signal.onAbort(() => {
          heard.push(`aborted: ${signal.aborted}`)
          resolve('rejected')
        })
      })
    },
  })
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 4))
  const stopping = world.device.stop()
  expect(heard).toEqual(['first', 'aborted: true'])
  expect(world.told.diagnostics.at(-1)?.code).toBe('handler-failed')
  world.cloud.link.events.onClosed('client', 'closed')
  world.cloud.answer({})
  await expect(stopping).resolves.toEqual({ revoked: true })
  await settlePromises()
})

test('STOP-1: a stop that a listener asks for keeps the command of that very step from starting', async () => {
  const executed: string[] = []
  const world = worldWithDoor({ execute: ({ desiredId }) => void executed.push(desiredId) })
  world.device.on('step', ({ effects }) => {
    if (effects.some(({ type }) => type === 'startCommand')) void world.device.stop()
  })
  world.cloud.publish(topics.doorDesired, desiredState('des_1', 1))
  await settlePromises()
  expect(executed).toEqual([])
  expect(world.device.snapshot()?.reports).toMatchObject([{ desiredId: 'des_1' }])
})

test('a handler is declared before the start, once a route, and whole', () => {
  const { device } = createWorld()
  const handler = { execute: () => {}, currentValue: () => 'open' }
  device.onCommand('door', handler)
  expect(() => device.onCommand('door', handler)).toThrow(
    expect.objectContaining({ code: 'handler-exists', field: 'route' }),
  )
  expect(() => device.onCommand('', handler)).toThrow(
    expect.objectContaining({ code: 'argument-invalid', field: 'route' }),
  )
  expect(() => device.onCommand('lamp', { execute: () => {} } as never)).toThrow(
    expect.objectContaining({ code: 'argument-invalid', field: 'currentValue' }),
  )
  device.start()
  expect(() => device.onCommand('lamp', handler)).toThrow(
    expect.objectContaining({ code: 'already-started' }),
  )
  expect(device.state()?.context.config.commandRoutes).toEqual(['door'])
})
