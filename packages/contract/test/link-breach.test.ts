import { type LinkSetup, linkCasesLeftOut, linkClauses, linkContract } from '@realer-device/contract'
import { describe, expect, it } from 'vitest'
import { memoryLinkSetup } from '../../memory/test/setup.ts'
import { breachesFound } from './breaches.ts'
import { brokenLinks } from './broken-links.ts'

const ids = linkClauses.map(({ id }) => id)

describe('the kit of the link finds each breach', () => {
  const { clock, setup } = memoryLinkSetup({ seed: 4 })
  const broken = brokenLinks(setup.openLink, clock)

  const rows = broken.map(({ clause, does, part }) => [clause, does, part] as const)

  it.each(rows)('%s: a breach is found in a link that %s', async (clause, _does, part) => {
    const cases = linkContract({ ...setup, openLink: part })
    expect(await breachesFound(cases, clause, (one) => clock.runUntil(one.run()))).toContain(clause)
  })

  it('LINK-16: in a link that gives up at once whatever time it has, and does not try it for ever', async () => {
    const openLink: LinkSetup['openLink'] = (_target, events) => {
      clock.setTimer(0, () => events.onClosed('timeout', 'no patience'))
      return { send() {}, close() {}, destroy() {} }
    }
    const opened = linkContract({ ...setup, openLink }).find(({ name }) => /was open in time/.test(name))
    await expect(clock.runUntil(opened?.run() ?? Promise.resolve())).rejects.toThrow(/^LINK-16: /)
  })

  it('and no clause goes without one', () => {
    expect([...new Set(broken.map(({ clause }) => clause))].sort()).toEqual([...ids].sort())
  })
})

describe('the cases of the link', () => {
  const { setup } = memoryLinkSetup({ seed: 4 })
  const all = linkContract(setup)

  it('have names of their own, that begin with clauses there are', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { name, clauses } of all) {
      expect(name).toMatch(new RegExp(`^${clauses.join(' ')}: `))
      expect(clauses.filter((id) => !ids.includes(id))).toEqual([])
    }
  })

  it('are left out by name where a setup cannot do what they need, and for no other reason', () => {
    const { openLink, listen } = setup
    const poor: LinkSetup = { openLink, listen, tellsTls: false }
    const leftOut = linkCasesLeftOut(poor)
    const kept = linkContract(poor)
    expect([...kept, ...leftOut].map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort())
    expect(leftOut.map(({ name, why }) => `${name.split(':')[0]} ${why}`)).toEqual([
      'LINK-16 the setup does not give listenSilently',
      'LINK-15 the setup does not give closedAddress',
      'LINK-17 the setup does not give listenUntrusted',
      'LINK-19 the setup does not give listenUntrusted and tellsTls',
      'LINK-18 the setup does not give listenAsAnother',
      'LINK-19 the setup does not give listenAsAnother and tellsTls',
      'LINK-17 the setup does not give listenWithoutTls',
      'LINK-19 the setup does not give listenWithoutTls and tellsTls',
      'LINK-11 the setup does not give listenSilently',
      'LINK-12 the setup does not give listenSilently',
    ])
    expect(linkCasesLeftOut(setup)).toEqual([])
  })
})
