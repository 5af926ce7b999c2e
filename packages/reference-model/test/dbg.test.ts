import { readFileSync } from 'node:fs'
import { it } from 'vitest'
import { begin } from './support/campaign.ts'
it('dbg', () => {
  const { b, m } = JSON.parse(readFileSync('/tmp/dbg.json', 'utf8'))
  const w = begin(b)
  const from = w.lines.length
  try {
    for (const x of m) w.does(x)
  } catch (e) {
    console.log(String(e))
  }
  for (const l of w.lines.slice(Math.max(0, from - 2)))
    console.log(
      l.n,
      l.now,
      l.verdict,
      JSON.stringify(l.event),
      '\n   ',
      l.effects.map((e) => JSON.stringify(e).slice(0, 230)).join('\n    '),
    )
})
