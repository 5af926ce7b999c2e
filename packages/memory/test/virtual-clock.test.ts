import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../src/index.ts'

describe('the virtual clock', () => {
  it('fires what is due on the way, each at its moment, those of one moment in their order', () => {
    const clock = createVirtualClock({ startsAt: 100 })
    const fired: string[] = []
    const note = (name: string) => () => fired.push(`${name} at ${clock.now()}`)
    clock.setTimer(20, note('second'))
    clock.setTimer(10, () => {
      note('first')()
      clock.setTimer(10, note('third'))
    })
    clock.setTimer(31, note('too late'))
    clock.advance(30)
    expect(fired).toEqual(['first at 110', 'second at 120', 'third at 120'])
    expect(clock.now()).toBe(130)
    expect(clock.nextDueAt()).toBe(131)
  })

  it('fires no timer that was cancelled, and none twice', () => {
    const clock = createVirtualClock()
    let fired = 0
    const cancel = clock.setTimer(5, () => {
      fired += 1
    })
    clock.setTimer(5, () => {
      fired += 10
    })
    cancel()
    cancel()
    clock.advance(100)
    clock.advance(100)
    expect(fired).toBe(10)
  })

  it('jumps over timers, which fire late and without turning time back', () => {
    const clock = createVirtualClock()
    const firedAt: number[] = []
    clock.setTimer(10, () => firedAt.push(clock.now()))
    clock.jump(1_000)
    expect(firedAt).toEqual([])
    clock.advance(0)
    expect(firedAt).toEqual([1_000])
  })

  it('runs until a promise is settled, and no longer', async () => {
    const clock = createVirtualClock()
    clock.setTimer(1_000_000, () => {})
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(ms, resolve))
    const dance = async () => {
      for (let step = 0; step < 10; step++) await sleep(60_000)
      return clock.now()
    }
    expect(await clock.runUntil(dance())).toBe(600_000)
    expect(clock.now()).toBe(600_000)
    await expect(clock.runUntil(Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  it('says so where nothing can settle the promise any more', async () => {
    await expect(createVirtualClock().runUntil(new Promise(() => {}))).rejects.toThrow('No timer is set')
  })
})
