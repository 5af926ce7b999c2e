import { expect, test } from 'vitest'
import { webClock, webPlatform } from '../src/index.ts'

const openLink = () => ({ send() {}, close() {}, destroy() {} })

test('CRED-5: the clock of the platform is the monotonic one, and its timers can be taken back', async () => {
  const before = performance.now()
  const now = webClock.now()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(performance.now())
  const fired: string[] = []
  const takeBack = webClock.setTimer(0, () => fired.push('taken back'))
  takeBack()
  await new Promise<void>((resolve) => webClock.setTimer(1, resolve))
  expect(fired).toEqual([])
})

test('PUB-3 PUB-4: ids are never the same twice, and the time of day is ISO 8601 UTC', () => {
  const { newMessageId, wallClock, random } = webPlatform({ openLink })
  expect(newMessageId()).not.toBe(newMessageId())
  expect(newMessageId()).toMatch(/^[\x21-\x7e]{1,128}$/)
  expect(wallClock()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(random()).toBeLessThan(1)
})

test('any part can be one of your own', () => {
  const caller = () => () => {}
  expect(webPlatform({ openLink, caller, random: () => 0.5 })).toMatchObject({ openLink, caller })
  expect(webPlatform({ openLink, caller, random: () => 0.5 }).random()).toBe(0.5)
})
