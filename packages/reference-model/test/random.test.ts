import fc from 'fast-check'
import { it } from 'vitest'
import { beginning, moves, run } from './support/campaign.ts'
it('try', () => {
  let n = 0
  const t = process.cpuUsage()
  const r = fc.check(fc.property(beginning, moves(80), (b, m) => { n += run(b, m).lines.length }), { numRuns: Number(process.env.N ?? 400), seed: Number(process.env.S ?? 1) })
  const u = process.cpuUsage(t)
  console.log(n, (u.user + u.system) / 1e6)
  if (r.failed) {
    const [b, m] = r.counterexample!
    console.log(r.numShrinks, JSON.stringify(b), m.map((x) => JSON.stringify(x)).join('\n'))
    console.log(String(r.errorInstance).slice(0, 1500), (r.errorInstance as Error).stack?.slice(0,800))
    if (process.env.T) { try { run(b, m) } catch {} }
  }
})
