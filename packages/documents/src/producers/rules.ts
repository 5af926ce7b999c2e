import { ruleIds } from '@realer-device/core'
import { labelOf, seenFrom, shortPath } from '../chart/levels.ts'
import { readChart } from '../chart/read-chart.ts'
import { buildMatrix, uncovered } from '../matrix/matrix.ts'
import { writeMatrixPage } from '../matrix/matrix-page.ts'
import { readTranscripts } from '../matrix/transcript.ts'
import type { Producer } from '../producer.ts'
import { ruleBook } from '../rule-book.ts'
import { readSources } from '../source/read-sources.ts'
import { ruleComments } from '../source/rule-comments.ts'
import { chartSources } from './charts.ts'

/** Where functions hold rules: what runs in a device. */
const deviceFolders = ['core', 'mqtt', 'host', 'node'].map((name) => `packages/${name}/src`)

/** The rule matrix; a rule that is not covered is a problem. */
export const rules: Producer = {
  name: 'rules',
  makes: 'docs/rules.md, from a run of all tests',
  needsTests: true,
  owns: [],
  async produce({ root, testReport }) {
    const report = await testReport()
    const rows = buildMatrix({
      rules: ruleBook,
      transitions: chartTransitions(),
      functions: ruleComments(readSources(root, deviceFolders), ruleIds),
      transcripts: readTranscripts(root, ruleIds),
      report,
    })
    const failed = report.tests.filter(({ status }) => status === 'failed')
    return {
      documents: [{ path: 'docs/rules.md', text: writeMatrixPage(rows) }],
      problems: uncovered(rows),
      failures: failed.map(({ file, name }) => `${file}: ${name}`),
    }
  },
}

/** Every transition of every chart, as `link.online: mqttClosed → waiting`; a small chart's name stands before its states. */
function chartTransitions(): { label: string; rules: readonly string[] }[] {
  return chartSources.flatMap(({ name, machine }) => {
    const rows = readChart(machine)
    const hasRegions = rows.states.some(({ type }) => type === 'parallel')
    return rows.transitions.map((transition) => {
      const { from, targets, rules: named } = transition
      const path = shortPath(rows, from)
      const place = path === '' ? name : hasRegions ? path : `${name}.${path}`
      const there = targets.map((target) => seenFrom(target, from)).join(', ')
      const way = [labelOf(transition), ...(there === '' ? [] : [there])].join(' → ')
      return { label: `${place}: ${way}`, rules: named }
    })
  })
}
