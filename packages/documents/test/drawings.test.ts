import { XMLValidator } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { drawDot } from '../src/chart/draw-dot.ts'
import { drawMermaid } from '../src/chart/draw-mermaid.ts'
import { levelsOf } from '../src/chart/levels.ts'
import { readChart } from '../src/chart/read-chart.ts'
import { chartSources } from '../src/producers/charts.ts'
import { doorMachine, houseMachine } from './support/door.ts'

const diagrams = [doorMachine, houseMachine, ...chartSources.map(({ machine }) => machine)].flatMap(
  (machine) =>
    levelsOf(readChart(machine)).map((diagram) => ({ name: `${machine.id} ${diagram.scope}`, diagram })),
)

describe('the pictures', () => {
  it('are the same bytes on every run, whatever was drawn before', async () => {
    const forwards = await Promise.all(diagrams.map(({ diagram }) => drawDot(diagram)))
    const backwards = []
    for (const { diagram } of [...diagrams].reverse()) backwards.unshift(await drawDot(diagram))
    expect(backwards).toEqual(forwards)
  })

  it.each(diagrams)('$name is well-formed SVG with every state and label in it', async ({ diagram }) => {
    const { svg, dot } = await drawDot(diagram)
    expect(XMLValidator.validate(svg)).toBe(true)
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text.trim())
    const shown = [...diagram.boxes, ...diagram.groups].map(({ title }) => title)
    expect(shown.length).toBeGreaterThan(0)
    expect(texts).toEqual(expect.arrayContaining(shown))
    for (const { labels } of diagram.arrows)
      for (const word of labels.flatMap((label) => label.split(' '))) expect(texts.join(' ')).toContain(word)
    expect(svg).toContain('fill="#ffffff"')
    expect(dot).toMatch(/^digraph/)
  })

  it.each(diagrams)('$name has every arrow in Mermaid too', ({ diagram }) => {
    const lines = drawMermaid(diagram).split('\n')
    expect(lines[0]).toBe('stateDiagram-v2')
    const labels = diagram.arrows.flatMap((arrow) => arrow.labels)
    expect(lines.filter((line) => /^ {2}s_\w+ --> s_\w+ : /.test(line))).toHaveLength(labels.length)
  })
})
