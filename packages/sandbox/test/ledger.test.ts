import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { feed, onlineDevice, reading, type TestDevice } from './test-device.ts'

let sandbox: Sandbox
let device: TestDevice
beforeEach(async () => {
  sandbox = await startSandbox()
  device = await onlineDevice(sandbox)
})
afterEach(() => sandbox.stop())

async function settle(payload: object, route = 'temperature'): Promise<void> {
  await device.publish(feed(sandbox, route), payload)
  await device.message()
}

async function command(value = 'open'): Promise<string> {
  const { desiredId } = sandbox.desire('door', value)
  await device.message()
  return desiredId
}

describe('the judgement of reports (F-8)', () => {
  it('an observed event is lost unless it was settled or is pending', async () => {
    for (const messageId of ['settled', 'refused', 'pending', 'lost']) {
      sandbox.ledger.observed({ messageId, route: 'temperature' })
    }
    await settle(reading('settled'))
    sandbox.faults.order({ at: 'acknowledgement', nack: { status: 'rejected', retryable: false } })
    await settle(reading('refused'))
    expect(sandbox.ledger.summary({ pendingMessageIds: ['pending'] })).toMatchObject({
      lost: ['lost'],
      received: 2,
      settled: { accepted: 1, rejected: 1 },
    })
    expect(sandbox.ledger.summary().lost).toEqual(['pending', 'lost'])
  })

  it('a retryable refusal settles nothing', async () => {
    sandbox.ledger.observed({ messageId: 'm-1', route: 'temperature' })
    sandbox.faults.order({ at: 'acknowledgement', nack: { status: 'error', retryable: true } })
    await settle(reading('m-1'))
    expect(sandbox.ledger.summary()).toMatchObject({ lost: ['m-1'], received: 1, settled: { error: 0 } })
  })

  it('the same id on another route is another event', async () => {
    sandbox.ledger.observed({ messageId: 'm-1', route: 'temperature' })
    await settle(reading('m-1'), 'door')
    expect(sandbox.ledger.summary()).toMatchObject({ lost: ['m-1'], unobserved: ['m-1'] })
  })

  it('a conflict does not undo an acceptance', async () => {
    await settle(reading('m-1', '1'))
    await settle(reading('m-1', '2'))
    expect(sandbox.ledger.summary()).toMatchObject({ settled: { accepted: 1, conflict: 0 }, received: 1 })
  })
})

describe('the judgement of commands (DES-4)', () => {
  it('adds up outcomes; a command without a report is unanswered', async () => {
    for (const report_status of ['rejected', 'stale', 'applied']) {
      const desired_id = await command()
      await settle(reading(`r-${report_status}`, 'open', { desired_id, report_status }), 'door')
    }
    await command()
    expect(sandbox.ledger.summary().commands).toEqual({
      applied: 1,
      rejected: 1,
      stale: 1,
      unanswered: 1,
      executedTwice: [],
    })
  })

  it('physically executed twice is executed twice', async () => {
    const desiredId = await command()
    sandbox.ledger.executed({ desiredId, route: 'door', value: 'open' })
    expect(sandbox.ledger.summary().commands.executedTwice).toEqual([])
    sandbox.ledger.executed({ desiredId, route: 'door', value: 'open' })
    expect(sandbox.ledger.summary().commands.executedTwice).toEqual([desiredId])
  })

  it('reported applied under two message ids is executed twice; a replay is not', async () => {
    const desired_id = await command()
    await settle(reading('r-1', 'open', { desired_id }), 'door')
    await settle(reading('r-1', 'open', { desired_id }), 'door')
    expect(sandbox.ledger.summary().commands.executedTwice).toEqual([])
    await settle(reading('r-2', 'open', { desired_id }), 'door')
    expect(sandbox.ledger.summary().commands).toMatchObject({ applied: 1, executedTwice: [desired_id] })
  })
})

describe('the ledger', () => {
  it('numbers its entries and never goes back in time', () => {
    const { entries, lastNumber } = sandbox.ledger
    expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => index + 1))
    expect(lastNumber).toBe(entries.length)
    const times = entries.map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(entries.length).toBeGreaterThan(5)
  })

  it('tells every listener until it is let go', () => {
    const heard: string[] = []
    const forget = sandbox.ledger.on(({ kind }) => heard.push(kind))
    sandbox.ledger.observed({ messageId: 'm-1', route: 'temperature' })
    forget()
    sandbox.ledger.observed({ messageId: 'm-2', route: 'temperature' })
    expect(heard).toEqual(['observed'])
  })

  it('until finds past entries, waits for new ones, and begins after a number', async () => {
    const { ledger } = sandbox
    expect((await ledger.until(({ kind }) => kind === 'connect')).kind).toBe('connect')
    const after = ledger.lastNumber
    const next = ledger.untilKind('observed', ({ messageId }) => messageId === 'm-2', { after })
    ledger.observed({ messageId: 'm-1', route: 'temperature' })
    ledger.observed({ messageId: 'm-2', route: 'temperature' })
    expect((await next).number).toBe(after + 2)
  })

  it('a wait in vain ends with an error that shows the last entries; a predicate that throws ends it too', async () => {
    const { ledger } = sandbox
    await expect(ledger.untilKind('revocation', undefined, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('"kind":"subscribe"'),
    })
    const after = ledger.lastNumber
    const broken = ledger.until(
      () => {
        throw new Error('my mistake')
      },
      { after },
    )
    const seen = expect(broken).rejects.toThrow('my mistake')
    ledger.observed({ messageId: 'm-1', route: 'temperature' })
    await seen
  })

  it('a wait ends when the sandbox stops', async () => {
    const waiting = sandbox.ledger.untilKind('revocation')
    const ended = expect(waiting).rejects.toMatchObject({ code: 'stopped' })
    await sandbox.stop()
    await ended
  })
})
