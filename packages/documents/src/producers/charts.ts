import { commandMachine, deviceMachine, reportMachine } from '@realer-device/core'
import type { AnyStateMachine } from 'xstate'
import { writeChartPage } from '../chart/chart-page.ts'
import { describeChart, drawnSignals } from '../chart/described-chart.ts'
import { drawDot } from '../chart/draw-dot.ts'
import { levelsOf, shortPath } from '../chart/levels.ts'
import type { ChartRows } from '../chart/read-chart.ts'
import { type ConditionOf, writeScxml } from '../chart/scxml.ts'
import { writeXStateJson } from '../chart/xstate-json.ts'
import { code } from '../markdown.ts'
import type { Document, Producer } from '../producer.ts'
import { readSources, type SourceFile } from '../source/read-sources.ts'

/** A machine, with the name that its documents go by and its exported name. */
export interface ChartSource {
  readonly name: string
  readonly title: string
  readonly exportedAs: string
  readonly machine: AnyStateMachine
}

/** The three charts of the core. */
export const chartSources: readonly ChartSource[] = [
  { name: 'session', title: 'The session', exportedAs: 'deviceMachine', machine: deviceMachine },
  { name: 'report', title: 'One report', exportedAs: 'reportMachine', machine: reportMachine },
  { name: 'command', title: 'One command', exportedAs: 'commandMachine', machine: commandMachine },
]

/** Pages, pictures and exports of the charts. */
export const charts: Producer = {
  name: 'charts',
  makes: 'docs/{session,report,command}.md, docs/diagrams, docs/exports',
  needsTests: false,
  owns: ['docs/diagrams', 'docs/exports'],
  async produce({ root }) {
    const files = readSources(root, ['packages/core/src'])
    const documents = await Promise.all(chartSources.map((source) => documentsOf(source, files)))
    return { documents: documents.flat(), problems: [], failures: [] }
  },
}

async function documentsOf(
  { name, title, exportedAs, machine }: ChartSource,
  files: readonly SourceFile[],
): Promise<Document[]> {
  const machines = chartSources.map((source) => source.machine)
  const chart = describeChart(exportedAs, machine, files, machines)
  const drawings = await Promise.all(
    levelsOf(chart.rows, drawnSignals(chart)).map(async (diagram) => {
      const keys = shortPath(chart.rows, diagram.scope).split('.')
      const file = [name, ...keys].filter((key) => key !== '').join('-')
      return { diagram, file, ...(await drawDot(diagram)) }
    }),
  )
  const scxml = exportScxml(name, chart.rows, chart.conditionOf)
  const page = writeChartPage(chart, {
    title,
    diagrams: drawings.map(({ diagram, file }) => ({ diagram, picture: `diagrams/${file}.svg` })),
    exports: [
      `For other tools: [XState's JSON](exports/${name}.xstate.json), which Stately's editor imports, and Graphviz's DOT of each picture in [exports](exports). ${scxml.said}`,
    ],
  })
  return [
    { path: `docs/${name}.md`, text: page },
    ...drawings.flatMap(({ file, svg, dot }) => [
      { path: `docs/diagrams/${file}.svg`, text: svg },
      { path: `docs/exports/${file}.dot`, text: dot },
    ]),
    { path: `docs/exports/${name}.xstate.json`, text: writeXStateJson(machine) },
    ...scxml.documents,
  ]
}

/** SCXML where it says what the chart says, and a sentence on what it is good for. */
function exportScxml(
  name: string,
  rows: ChartRows,
  conditionOf: ConditionOf,
): { readonly documents: readonly Document[]; readonly said: string } {
  if (rows.states.some(({ type }, at) => at > 0 && type !== 'atomic' && type !== 'final'))
    return {
      documents: [],
      said: 'There is no SCXML of it: its guards look at the context, which only the code behind the actions keeps, so that an SCXML chart would take other transitions.',
    }
  const { xml, unsaid } = writeScxml(rows, conditionOf)
  const exact =
    unsaid.length === 0
      ? 'takes the same transitions with the same actions, which an interpreter of another make confirms in the tests'
      : `is exact but for the guards ${code(unsaid)}, whose answers the event must bring (\`_event.data\`)`
  return {
    documents: [{ path: `docs/exports/${name}.scxml`, text: xml }],
    said: `The [SCXML](exports/${name}.scxml) ${exact}.`,
  }
}
