import { timers } from '@realer-device/core'
import { code, fold, generatedNote, page, table, tableWithoutEmpty } from '../markdown.ts'
import { type DescribedChart, distinct } from './described-chart.ts'
import { drawMermaid } from './draw-mermaid.ts'
import { type Diagram, isWithin, seenFrom, shortPath } from './levels.ts'
import { always, type ChartRows, type StateRow, type TransitionRow } from './read-chart.ts'

/** What a chart's page shows beside its tables. */
export interface PageParts {
  readonly title: string
  readonly diagrams: readonly { readonly diagram: Diagram; readonly picture: string }[]
  /** Links to the exports, and what is to be said of them. */
  readonly exports: readonly string[]
}

/** Writes the page of one chart: a section for each of its levels, then guards, actions, timers and signals. */
export function writeChartPage(chart: DescribedChart, parts: PageParts): string {
  const { rows, introduction } = chart
  const [root, ...states] = rows.states
  const isRegion = ({ parent }: StateRow) =>
    rows.states.find(({ path }) => path === parent)?.type === 'parallel'
  const sections = states.filter((state) => state.type === 'compound' || isRegion(state))
  const sectionOf = (path: string) =>
    sections
      .map((section) => section.path)
      .filter((section) => isWithin(path, section))
      .sort((a, b) => b.length - a.length)[0] ?? ''
  const linked = (path: string) => sections.some((one) => one.path === path)
  const pictureOf = (scope: string) => parts.diagrams.find(({ diagram }) => diagram.scope === scope)
  const section = (scope: string): string[] => {
    const inside = states.filter(
      ({ path, parent }) => path !== scope && sectionOf(linked(path) ? (parent ?? '') : path) === scope,
    )
    const here = rows.transitions.filter(({ from }) => sectionOf(from) === scope)
    const picture = pictureOf(scope)
    const itself = rows.states.filter(
      ({ path, entry, exit }) => path === scope && entry.length + exit.length > 0,
    )
    return [
      ...(picture === undefined ? [] : [pictureWith(picture)]),
      stateTable(chart, scope, [...itself, ...inside], linked),
      transitionTable(chart, scope, here),
    ]
  }
  return page([
    generatedNote,
    `# ${parts.title}`,
    introduction.replaceAll('\n', '\n\n'),
    root?.description ?? '',
    ...parts.exports,
    '**How to read it.** A double border is an end: no arrow leaves it. `[name]` is a guard; of several transitions for one event the first whose guard holds is taken, and `else` is the rest. The small print in a box is what is handled there without leaving it. `always` needs no event. The effects of a row are those that its actions may cause, found in the sources; entry actions stand with their state.',
    '## Overview',
    ...section(''),
    ...sections.flatMap((state) => [
      `## ${shortPath(rows, state.path)}`,
      state.description ?? '',
      ...section(state.path),
    ]),
    ...guardSection(chart),
    ...actionSection(chart),
    ...timerSection(chart),
    ...signalSection(chart),
  ])
}

function pictureWith({ diagram, picture }: PageParts['diagrams'][number]): string {
  const mermaid = ['```mermaid', drawMermaid(diagram), '```'].join('\n')
  return `![The states of ${diagram.scope === '' ? 'the whole chart' : diagram.scope}](${picture})\n\n${fold('the same in Mermaid', mermaid)}`
}

function stateTable(
  { actions, rows }: DescribedChart,
  scope: string,
  states: readonly StateRow[],
  linked: (path: string) => boolean,
): string {
  if (states.length === 0) return ''
  const effects = (names: readonly string[]) =>
    code(distinct(names.flatMap((name) => actions.get(name)?.effects ?? [])).sort())
  return tableWithoutEmpty(
    ['state', 'what it is', 'on entry', 'on exit', 'effects of both'],
    states.map(({ path, description, entry, exit }) => [
      path !== scope && linked(path)
        ? `[${stateName(path, scope)}](#${shortPath(rows, path).replaceAll('.', '').toLowerCase()})`
        : stateName(path, scope),
      description ?? '',
      code(entry),
      code(exit),
      effects([...entry, ...exit]),
    ]),
  )
}

function transitionTable(
  { actions }: DescribedChart,
  scope: string,
  transitions: readonly TransitionRow[],
): string {
  if (transitions.length === 0) return ''
  return table(
    ['state', 'event', 'guard', 'target', 'actions', 'effects', 'rules'],
    transitions.map((row) => [
      stateName(row.from, scope),
      `\`${row.event}\``,
      row.guard !== null ? `\`${row.guard}\`` : row.order > 0 ? 'else' : '',
      code(row.targets.map((target) => seenFrom(target, scope))),
      code(row.actions),
      code(distinct(row.actions.flatMap((name) => actions.get(name)?.effects ?? [])).sort()),
      row.rules.join(', '),
    ]),
  )
}

function stateName(path: string, scope: string): string {
  return path === scope ? 'every state' : `\`${seenFrom(path, scope)}\``
}

function guardSection({ guards, rows }: DescribedChart): string[] {
  if (guards.length === 0) return []
  const askedBy = (guard: string) =>
    rows.transitions
      .filter((row) => row.guard?.split(' ').includes(guard))
      .map(({ from, event }) => [shortPath(rows, from), ...(event === always ? [] : [event])].join(': '))
  return [
    '## Guards',
    table(
      ['guard', 'holds when', 'asked by'],
      guards.map(({ name, meaning }) => [`\`${name}\``, meaning, code(distinct(askedBy(name)))]),
    ),
  ]
}

function actionSection({ actions }: DescribedChart): string[] {
  if (actions.size === 0) return []
  return [
    '## Actions',
    'What an action may cause is found by following its code; which of it happens depends on the moment.',
    tableWithoutEmpty(
      ['action', 'what it does', 'effects it may cause', 'signals it may raise'],
      [...actions]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { meaning, effects, signals }]) => [
          `\`${name}\``,
          meaning,
          code(effects),
          code(signals),
        ]),
    ),
  ]
}

function timerSection({ rows }: DescribedChart): string[] {
  const heard = Object.entries(timers).map(([name, when]) => ({
    name,
    when,
    where: hearers(rows, `timer.${name}`),
  }))
  if (heard.every(({ where }) => where.length === 0)) return []
  return [
    '## Timers',
    'A timer is the effect `setTimer`, and comes back as the event `timer.<name>`.',
    table(
      ['timer', 'when it fires', 'heard in'],
      heard.map(({ name, when, where }) => [`\`${name}\``, when, code(where)]),
    ),
  ]
}

function hearers(rows: ChartRows, name: string): string[] {
  const heard = rows.transitions.filter(({ event }) => event === name)
  return distinct(heard.map(({ from }) => shortPath(rows, from)))
}

function signalSection({ rows, actions, signals }: DescribedChart): string[] {
  if (signals.length === 0) return []
  return [
    '## Signals',
    'What one region tells the others, within the same step.',
    table(
      ['signal', 'what it says', 'raised by the actions', 'heard in'],
      signals.map(({ name, meaning }) => [
        `\`${name}\``,
        meaning,
        code([...actions].filter(([, action]) => action.signals.includes(name)).map(([action]) => action)),
        code(hearers(rows, name)),
      ]),
    ),
  ]
}
