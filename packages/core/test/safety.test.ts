import { describe, expect, it } from 'vitest'
import { Scenario } from './support/scenario.ts'

const told = (device: Scenario) =>
  device.history.flatMap((effect) =>
    effect.type === 'enterSafe' ? [effect.reason] : effect.type === 'leaveSafe' ? ['leave'] : [],
  )

describe('SAFE-1 local safe behaviour', () => {
  it('holds from the start, and ends when the session is first online', () => {
    const device = new Scenario()
    expect(told(device)).toEqual(['starting'])
    device.issuesToken().readsCatalog().issuesTuple().connects()
    expect(told(device)).toEqual(['starting'])
    device.subscribes()
    expect(told(device)).toEqual(['starting', 'leave'])
  })

  it('is entered when the tuple expires and is not renewed, and left when the session is online again', () => {
    const device = new Scenario().issuesToken(3_600_000_000).goesOnline().fires('renewTuple').callFails()
    device.fires('expireTuple').closes()
    expect(told(device)).toEqual(['starting', 'leave', 'expired'])
    device.issuesTuple().fires('reconnect').connects()
    expect(told(device)).toHaveLength(3)
    device.subscribes()
    expect(told(device)).toEqual(['starting', 'leave', 'expired', 'leave'])
  })

  it('is entered when the broker refuses the device', () => {
    const device = new Scenario().goesOnline().closes().fires('reconnect').refuses(0x87)
    expect(told(device)).toEqual(['starting', 'leave', 'refused'])
  })

  it('is entered when the cloud refuses the device while no session stands', () => {
    const device = new Scenario().issuesToken(3_600_000_000).goesOnline().closes().fires('reconnect').closes()
    expect(told(device)).toHaveLength(2)
    device.fires('retryCall').callIsRefused(403, 4003)
    expect(told(device)).toEqual(['starting', 'leave', 'refused'])
  })

  it('F-14 is told once, however many causes follow', () => {
    const device = new Scenario().issuesToken(3_600_000_000).goesOnline().closes(0x87)
    device.callIsRefused(403).fires('retryCall').readsCatalog().callIsRefused(403)
    expect(told(device)).toEqual(['starting', 'leave', 'refused'])
  })
})

describe('SAFE-2 local reports are still taken', () => {
  it('while safe and offline, and published when the session is back', () => {
    const device = new Scenario().reports('m-1').issuesToken().reports('m-2').callFails().reports('m-3')
    expect(device.ever('acceptReport')).toHaveLength(3)
    device.fires('retryCall').goesOnline()
    expect(device.published().map(({ body }) => body.message_id)).toEqual(['m-1', 'm-2', 'm-3'])
  })
})

describe('SAFE-3 a short disconnect with a valid tuple', () => {
  it('is told as offline, not as safe', () => {
    const device = new Scenario().goesOnline().closes()
    expect(device.one('announceOffline').because).toBe('lost')
    device.fires('reconnect').refuses(0x88).fires('reconnect').connects().subscribes()
    expect(told(device)).toEqual(['starting', 'leave'])
  })

  it('becomes safe only when the tuple runs out', () => {
    const device = new Scenario().issuesToken(3_600_000_000).goesOnline().closes().fires('reconnect').closes()
    for (let n = 0; n < 4; n += 1) device.callFails().fires('retryCall')
    expect(told(device)).toEqual(['starting', 'leave'])
    device.fires('expireTuple')
    expect(told(device)).toEqual(['starting', 'leave', 'expired'])
  })
})
