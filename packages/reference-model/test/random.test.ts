import fc from 'fast-check'
import { it } from 'vitest'
import type { Move } from './support/moves.ts'
import { type Beginning, beginning, moves, run } from './support/campaign.ts'

const known = [
  /^PUB-3.*a report that is offered/,
  /snapshot is damaged/,
  /^REC-3.*(a tuple that is good|rebuilt)/,
  /^DES-2.*(has a timer|stands for one)/,
  /^PUB-9.*is not refused as outbox-full/,
]
const hits = new Map<string, number>()
function attempt(b: Beginning, m: Move[]): number {
  try {
    return run(b, m).lines.length
  } catch (e) {
    const k = known.find((x) => x.test(String((e as Error).message)))
    if (k === undefined) throw e
    hits.set(String(k), (hits.get(String(k)) ?? 0) + 1)
    return 0
  }
}
it('try', () => {
  let n = 0
  const t = process.cpuUsage()
  const r = fc.check(
    fc.property(beginning, moves(80), (b, m) => {
      n += attempt(b, m)
    }),
    { numRuns: Number(process.env.N ?? 400), seed: Number(process.env.S ?? 1) },
  )
  const u = process.cpuUsage(t)
  console.log(n, (u.user + u.system) / 1e6)
  console.log(hits)
  if (r.failed) {
    const [b, m] = r.counterexample!
    console.log(r.numShrinks, JSON.stringify(b), m.map((x) => JSON.stringify(x)).join('\n'))
    console.log(String(r.errorInstance).slice(0, 1500), (r.errorInstance as Error).stack?.slice(0, 800))
    if (process.env.T) {
      try {
        run(b, m)
      } catch {}
    }
  }
})
