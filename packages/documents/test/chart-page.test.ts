import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { timers } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import { readChart } from '../src/chart/read-chart.ts'
import { table, tableWithoutEmpty } from '../src/markdown.ts'
import { chartSources } from '../src/producers/charts.ts'
import { root } from './support/repository.ts'

/** The cells of every table row of a page, under the table whose head begins with these. */
function rowsUnder(page: string, ...head: string[]): string[][] {
  const tables = page.split(/\n{2,}/).filter((part) => part.startsWith(`| ${head.join(' | ')}`))
  return tables.flatMap((part) =>
    part
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.slice(2, -2).split(' | ')),
  )
}

describe.each(chartSources)("the page of the $name's chart", ({ name, machine }) => {
  const page = readFileSync(join(root, 'docs', `${name}.md`), 'utf8')
  const { states, transitions } = readChart(machine)

  it('has each transition once, with its event, guard, actions and rules', () => {
    const head = ['state', 'event', 'guard', 'target', 'actions', 'effects', 'rules']
    const shown = rowsUnder(page, ...head).map(([, event, guard, , actions, , rules]) =>
      [event, guard, actions, rules].join(' '),
    )
    const expected = transitions.map(({ event, guard, order, actions, rules }) =>
      [
        `\`${event}\``,
        guard === null ? (order > 0 ? 'else' : '—') : `\`${guard}\``,
        actions.map((action) => `\`${action}\``).join(', ') || '—',
        rules.join(', '),
      ].join(' '),
    )
    expect(shown.sort()).toEqual(expected.sort())
  })

  it('has each state with its description, and each guard and action', () => {
    for (const { description } of states) expect(page).toContain(description ?? '')
    const guards = new Set(
      transitions.flatMap(({ guard }) => guard?.split(/ and | or |not /).filter(Boolean) ?? []),
    )
    expect(rowsUnder(page, 'guard', 'holds when').map(([guard]) => guard)).toEqual(
      [...guards].map((guard) => `\`${guard}\``),
    )
    const actions = new Set([
      ...transitions.flatMap((row) => row.actions),
      ...states.flatMap(({ entry, exit }) => [...entry, ...exit]),
    ])
    expect(rowsUnder(page, 'action').map(([action]) => action)).toEqual(
      [...actions].sort().map((action) => `\`${action}\``),
    )
  })

  it('shows pictures that exist', () => {
    const pictures = [...page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path = '']) => path)
    expect(pictures.length).toBeGreaterThan(0)
    for (const path of pictures) expect(readFileSync(join(root, 'docs', path), 'utf8')).toContain('<svg')
  })
})

it("the session's page has every timer with its sentence", () => {
  const page = readFileSync(join(root, 'docs', 'session.md'), 'utf8')
  expect(rowsUnder(page, 'timer').map(([timer, when]) => [timer, when])).toEqual(
    Object.entries(timers).map(([name, when]) => [`\`${name}\``, when]),
  )
})

it('a table keeps its form with any text in its cells, and can leave out what is empty everywhere', () => {
  expect(table(['a', 'b'], [['x|y', 'two\nlines']])).toBe('| a | b |\n| - | - |\n| x\\|y | two lines |')
  expect(tableWithoutEmpty(['a', 'b'], [['x', '']])).toBe('| a |\n| - |\n| x |')
})
