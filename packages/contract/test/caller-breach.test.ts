import { type CallerSetup, callerCasesLeftOut, callerClauses, callerContract } from '@realer-device/contract'
import { createVirtualClock } from '@realer-device/memory'
import { describe, expect, it } from 'vitest'
import { breachesFound } from './breaches.ts'
import { brokenCallers } from './broken-callers.ts'
import { createFakeHttps } from './fake-https.ts'

const ids = callerClauses.map(({ id }) => id)
const clock = createVirtualClock()
const { setup, caller } = createFakeHttps(clock)

describe('the kit of the HTTPS caller finds no breach in a good one', () => {
  for (const { name, run } of callerContract(setup)) it(name, () => clock.runUntil(run()))
})

describe('the kit of the HTTPS caller finds each breach', () => {
  const broken = brokenCallers(caller, clock)
  const rows = broken.map(({ clause, does, part }) => [clause, does, part] as const)

  it.each(rows)('%s: a breach is found in a caller that %s', async (clause, _does, part) => {
    const cases = callerContract({ ...setup, caller: part })
    expect(await breachesFound(cases, clause, (one) => clock.runUntil(one.run()))).toContain(clause)
  })

  it('CALL-11: in a caller that gives up at once whatever time it has, and does not try it for ever', async () => {
    const impatient: CallerSetup['caller'] = (_request, finished) =>
      clock.setTimer(0, () => finished({ ok: false, failure: 'timeout', detail: 'no patience' }))
    const trickle = callerContract({ ...setup, caller: impatient }).find(({ name }) => /trickles/.test(name))
    await expect(clock.runUntil(trickle?.run() ?? Promise.resolve())).rejects.toThrow(/^CALL-11: given up/)
  })

  it('and no clause goes without one', () => {
    expect([...new Set(broken.map(({ clause }) => clause))].sort()).toEqual([...ids].sort())
  })
})

describe('the cases of the HTTPS caller', () => {
  const all = callerContract(setup)

  it('have names of their own, that begin with clauses there are', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { name, clauses } of all) {
      expect(name).toMatch(new RegExp(`^${clauses.join(' ')}: `))
      expect(clauses.filter((id) => !ids.includes(id))).toEqual([])
    }
  })

  it('are left out by name where a setup cannot do what they need, and for no other reason', () => {
    const { listen } = setup
    const poor: CallerSetup = { caller: caller(), listen, tellsTls: false, showsRedirects: false }
    const leftOut = callerCasesLeftOut(poor)
    const kept = callerContract(poor)
    expect([...kept, ...leftOut].map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort())
    expect(leftOut.map(({ name, why }) => `${name.split(':')[0]} ${why}`)).toEqual([
      'CALL-8 the setup does not give showsRedirects',
      'CALL-15 CALL-20 the setup does not give listenUntrusted',
      'CALL-17 the setup does not give listenUntrusted and tellsTls',
      'CALL-16 CALL-20 the setup does not give listenAsAnother',
      'CALL-17 the setup does not give listenAsAnother and tellsTls',
      'CALL-15 CALL-20 the setup does not give listenWithoutTls',
      'CALL-17 the setup does not give listenWithoutTls and tellsTls',
      'CALL-18 CALL-20 the setup does not give closedAddress',
      'CALL-11 the setup does not give listenSilently',
    ])
    expect(callerCasesLeftOut(setup)).toEqual([])
  })
})
