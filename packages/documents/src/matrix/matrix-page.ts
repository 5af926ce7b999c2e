import { generatedNote, page, table } from '../markdown.ts'
import type { RuleRow } from './matrix.ts'
import type { TestResult } from './test-report.ts'

/** Writes the rule matrix: an overview, then every rule with what carries it. */
export function writeMatrixPage(rows: readonly RuleRow[]): string {
  const groups = [...new Set(rows.map(({ id }) => groupOf(id)))]
  const open = rows.filter(({ lacks }) => lacks.length > 0)
  return page([
    generatedNote,
    '# The rules, and what holds them',
    'Each rule of the protocol with the transitions and functions that hold it, the tests that show it, and the transcripts in which it can be seen. `S` marks a rule of the flow page, `P` one of another public page, `D` a decision of ours.',
    'A test carries a rule whose id is a word of its name. Where the name has the word "breach", a breach of the rule shows in the test; in the others the rule holds. Only tests that passed count. Tests with a real Mosquitto, and others that need what a machine may not have, are left out, so that this page is the same on every machine.',
    open.length === 0
      ? 'Every rule is covered.'
      : `${open.length} of ${rows.length} rules lack something: the last column says what.`,
    table(
      [
        'id',
        'rule',
        'src',
        'transitions',
        'functions',
        'holding tests',
        'breach tests',
        'transcripts',
        'lacks',
      ],
      rows.map((row) => [
        `[${row.id}](#${row.id.toLowerCase()})`,
        row.sentence,
        row.sources,
        ...[row.transitions, row.functions, row.holding, row.breaches, row.transcripts].map(({ length }) =>
          length === 0 ? '' : String(length),
        ),
        row.lacks.join(', '),
      ]),
    ),
    ...groups.flatMap((group) => [
      `## ${group}`,
      ...rows.filter(({ id }) => groupOf(id) === group).flatMap(ruleSection),
    ]),
  ])
}

function groupOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'))
}

function ruleSection({ id, sentence, sources, ...row }: RuleRow): string[] {
  return [
    `### ${id}`,
    `${sentence} (${sources})`,
    list(
      'Transitions',
      row.transitions.map((label) => `\`${label}\``),
    ),
    list(
      'Functions',
      row.functions.map(({ path, name }) => `\`${name}\` in [${path}](../${path})`),
    ),
    list('Tests in which it holds', byFile(row.holding)),
    list(
      'Tests in which a breach shows',
      row.breaches.map(({ file, name }) => `${plainTitle(name)} ([${file}](../${file}))`),
    ),
    list(
      'Transcripts',
      row.transcripts.map((name) => `[${name}](transcripts/${name})`),
    ),
    row.lacks.length === 0 ? '' : `**Lacks** ${row.lacks.join(', ')}.`,
  ]
}

function byFile(tests: readonly TestResult[]): string[] {
  const files = [...new Set(tests.map(({ file }) => file))]
  return files.map((path) => {
    const { length } = tests.filter(({ file }) => file === path)
    return `[${path}](../${path}): ${length}`
  })
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : [`${title}:`, '', ...items.map((item) => `- ${item}`)].join('\n')
}

/** A title as plain text. */
function plainTitle(title: string): string {
  return title.replace(/[\\`*_<>[\]]/g, '\\$&').replaceAll('\n', ' ')
}
