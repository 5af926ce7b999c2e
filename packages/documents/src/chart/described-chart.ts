import type { AnyStateMachine } from 'xstate'
import { DocumentError } from '../document-error.ts'
import { createConditions } from '../source/condition.ts'
import { type ActionTable, type Consequences, createAnalysis } from '../source/consequences.ts'
import { memberComments } from '../source/member-comments.ts'
import { docOf, type SourceFile, sentencesOf } from '../source/read-sources.ts'
import { type Declaration, nameOf, readSymbols, type Symbols } from '../source/symbols.ts'
import { findTables, type TableEntry } from '../source/tables.ts'
import type { DrawnSignal } from './levels.ts'
import { type ChartRows, isFactGuard, readChart } from './read-chart.ts'
import type { ConditionOf } from './scxml.ts'

/** A chart, and what its sources say of it. */
export interface DescribedChart {
  readonly rows: ChartRows
  /** The doc comment of the machine. */
  readonly introduction: string
  readonly guards: readonly { readonly name: string; readonly meaning: string }[]
  readonly actions: ReadonlyMap<string, DescribedAction>
  /** The signals that its actions raise and its transitions hear. */
  readonly signals: readonly { readonly name: string; readonly meaning: string }[]
  readonly conditionOf: ConditionOf
}

/** An action: what it does, and what it may cause. */
export interface DescribedAction extends Consequences {
  readonly meaning: string
}

/**
 * Reads a machine together with its sources.
 *
 * @param name the machine's exported name
 * @param machines all machines whose actions an action may take, itself too
 * @throws {DocumentError} `source-unreadable` where the sources have no such machine or action
 */
export function describeChart(
  name: string,
  machine: AnyStateMachine,
  files: readonly SourceFile[],
  machines: readonly AnyStateMachine[],
): DescribedChart {
  const rows = readChart(machine)
  const symbols = readSymbols(files)
  const declaration = symbols.declarations.find((one) => one.exported && one.name === name)
  if (declaration === undefined) throw new DocumentError('source-unreadable', name, 'no source exports it')
  const guardNames = distinct(rows.transitions.flatMap(({ guard }) => (guard === null ? [] : [guard])))
  const plainGuards = distinct(guardNames.flatMap((guard) => guard.split(/ and | or |not /))).filter(Boolean)
  const guardEntries = findTables(files, plainGuards)
  const tables = machines.flatMap((one) => actionTables(readChart(one), symbols))
  const actions = describeActions(rows, files, symbols, tables)
  const raised = new Set([...actions.values()].flatMap(({ signals }) => signals))
  const comments = memberComments(files)
  return {
    rows,
    introduction: sentencesOf(docOf(declaration.file, declaration.statement)) ?? '',
    guards: plainGuards.map((guard) => ({ name: guard, meaning: meaningIn(guardEntries.get(guard) ?? []) })),
    actions,
    signals: distinct(rows.transitions.map(({ event }) => event))
      .filter((event) => raised.has(event))
      .map((signal) => ({ name: signal, meaning: comments.get(signal) ?? '' })),
    conditionOf: createConditions(guardEntries, (guard) => isFactGuard(machine, guard)),
  }
}

/** Who raises a signal, and who hears it. */
export function drawnSignals({ rows, actions, signals }: DescribedChart): DrawnSignal[] {
  return signals.flatMap(({ name }) => {
    const raises = (action: string) => actions.get(action)?.signals.includes(name) ?? false
    const raisers = [
      ...rows.transitions.filter((row) => row.actions.some(raises)).map(({ from }) => from),
      ...rows.states.filter(({ entry, exit }) => [...entry, ...exit].some(raises)).map(({ path }) => path),
    ]
    const hearers = rows.transitions.filter(({ event }) => event === name).map(({ from }) => from)
    return distinct(raisers).flatMap((from) => distinct(hearers).map((to) => ({ from, to, signal: name })))
  })
}

/** The names of a chart's actions, in the order of the chart. */
export function actionNames({ states, transitions }: ChartRows): string[] {
  return distinct([
    ...states.flatMap(({ entry, exit }) => [...entry, ...exit]),
    ...transitions.flatMap(({ actions }) => actions),
  ])
}

/** The same names once each, in their first order. */
export function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}

function describeActions(
  rows: ChartRows,
  files: readonly SourceFile[],
  symbols: Symbols,
  tables: readonly ActionTable[],
): Map<string, DescribedAction> {
  const analyse = createAnalysis(symbols, tables)
  const names = actionNames(rows)
  const written = findTables(files, names)
  return new Map(
    names.map((name) => {
      const entries = written.get(name)
      if (entries === undefined)
        throw new DocumentError(
          'source-unreadable',
          name,
          'no object in the sources has all actions of its chart',
        )
      const all = entries.map(({ file, node }) => analyse(file, node))
      const action = {
        meaning: meaningIn(entries, symbols),
        effects: distinct(all.flatMap(({ effects }) => effects)).sort(),
        signals: distinct(all.flatMap(({ signals }) => signals)).sort(),
      }
      return [name, action]
    }),
  )
}

/** The consts of the sources that have all actions of a chart. */
function actionTables(rows: ChartRows, { declarations }: Symbols): ActionTable[] {
  const names = actionNames(rows)
  const actionsOn = (event: string) => {
    const taken = rows.transitions.filter((row) => row.event === event)
    return taken.length === 0 ? null : taken.flatMap(({ actions }) => actions)
  }
  return declarations
    .filter((declaration) => declaration.kind === 'const' && names.length > 0 && hasKeys(declaration, names))
    .map((table) => ({ table, actionsOn }))
}

function hasKeys({ node }: Declaration, names: readonly string[]): boolean {
  const init = node.type === 'VariableDeclarator' ? node.init : null
  if (init?.type !== 'ObjectExpression') return false
  const keys = init.properties.map((property) =>
    property.type === 'SpreadElement' ? '' : nameOf(property.key),
  )
  return names.every((name) => keys.includes(name))
}

/** The doc comment of a name: its own, or that of the function which it wraps, as in `decide(authority.keepTuple)`. */
function meaningIn(entries: readonly TableEntry[], symbols?: Symbols): string {
  for (const { file, node } of entries) {
    const own = sentencesOf(docOf(file, node))
    if (own !== null) return own
    if (symbols === undefined || node.type !== 'ObjectProperty') continue
    const { value } = node
    const [wrapped] = value.type === 'CallExpression' ? value.arguments : [value]
    const decision =
      wrapped?.type === 'MemberExpression' && wrapped.object.type === 'Identifier'
        ? symbols.findIn(file, wrapped.object.name, nameOf(wrapped.property))
        : wrapped?.type === 'Identifier'
          ? symbols.find(file, wrapped.name)
          : undefined
    const comment = decision === undefined ? null : sentencesOf(docOf(decision.file, decision.statement))
    if (comment !== null) return comment
  }
  return ''
}
