import {
  type CallExpression,
  isCallExpression,
  isFunctionDeclaration,
  isIdentifier,
  isMemberExpression,
  isObjectMember,
  isObjectProperty,
  isVariableDeclarator,
  type Node,
  traverseFast,
} from '@babel/types'
import { DocumentError } from '../document-error.ts'
import { hasSpread, typesOf } from './literals.ts'
import type { SourceFile } from './read-sources.ts'
import { type Declaration, nameOf, type Symbols } from './symbols.ts'

/** What a piece of code may cause: the effects for the host, the signals to other regions. Sorted. */
export interface Consequences {
  readonly effects: readonly string[]
  readonly signals: readonly string[]
}

/** A const with the actions of a chart, of which an event takes some. */
export interface ActionTable {
  readonly table: Declaration
  /** The actions of the chart's transitions for an event, in whatever state. */
  readonly actionsOn: (event: string) => readonly string[]
}

/** Some code: a function, a const, or one property of an object. */
interface Code {
  readonly file: SourceFile
  readonly node: Node
  /** A table that is left out, for its properties are looked at one by one. */
  readonly without: Node | null
}

/** What one piece of code says itself, and what it mentions. */
interface Said extends Consequences {
  readonly mentions: readonly Code[]
}

/**
 * Finds what code may cause without running it: every `….effects.push({ type: '…' })` and `….signals.push(…)` in it,
 * and in every function of ours that it mentions, called or not. Where a call hands a chart an event by its name, only
 * the actions of that event are followed. So the answer may be too large, never too small.
 *
 * @throws {DocumentError} `source-unreadable` where the type of an effect or a signal is not written out
 */
export function createAnalysis(
  symbols: Symbols,
  tables: readonly ActionTable[] = [],
): (file: SourceFile, node: Node) => Consequences {
  const known = new Map<Node, Map<Node | null, Said>>()
  const saidBy = (code: Code): Said => {
    const forms = known.get(code.node) ?? new Map<Node | null, Said>()
    const said = forms.get(code.without) ?? readCode(symbols, tables, code)
    known.set(code.node, forms.set(code.without, said))
    return said
  }
  return (file, node) => {
    const effects = new Set<string>()
    const signals = new Set<string>()
    const seen = new Set<Said>()
    const open: Code[] = [{ file, node, without: null }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const said = saidBy(next)
      if (seen.has(said)) continue
      seen.add(said)
      for (const effect of said.effects) effects.add(effect)
      for (const signal of said.signals) signals.add(signal)
      open.push(...said.mentions)
    }
    return { effects: [...effects].sort(), signals: [...signals].sort() }
  }
}

function readCode(
  symbols: Symbols,
  tables: readonly ActionTable[],
  { file, node: body, without }: Code,
): Said {
  const effects: string[] = []
  const signals: string[] = []
  const mentions: Code[] = []
  const mention = (declaration: Declaration | undefined): void => {
    if (declaration === undefined || declaration.kind === 'type' || declaration.node === without) return
    mentions.push({ file: declaration.file, node: declaration.node, without: null })
  }
  // A name that is declared, that is only a key, or the right side of a dot, mentions nothing.
  const labels = new Set<Node>()
  traverseFast(body, (node) => {
    // Types cause nothing; `as` and the like (`TSAsExpression`) have a value inside.
    if (/^TS.*(?<!Expression)$/.test(node.type)) return traverseFast.skip
    if ((isFunctionDeclaration(node) || isVariableDeclarator(node)) && node.id != null) labels.add(node.id)
    if (isObjectProperty(node) && !node.computed) labels.add(node.key)
    if (isMemberExpression(node) && !node.computed) {
      labels.add(node.property)
      if (isIdentifier(node.object)) mention(symbols.findIn(file, node.object.name, nameOf(node.property)))
    }
    if (isCallExpression(node)) {
      effects.push(...pushedTo('effects', file, node, body))
      signals.push(...pushedTo('signals', file, node, body))
      const taken = takenFrom(symbols, tables, file, node, body)
      if (taken !== null) labels.add(node.callee)
      mentions.push(...(taken ?? []))
    }
    if (isIdentifier(node) && !labels.has(node)) mention(symbols.find(file, node.name))
    return undefined
  })
  return { effects, signals, mentions }
}

/** The types of what a call adds to a plan's list; none where the call is another. */
function pushedTo(list: 'effects' | 'signals', file: SourceFile, call: CallExpression, body: Node): string[] {
  const { callee } = call
  if (!isMemberExpression(callee) || !isMemberExpression(callee.object)) return []
  if (!['push', 'unshift', 'splice'].includes(nameOf(callee.property))) return []
  if (nameOf(callee.object.property) !== list) return []
  return call.arguments.flatMap((added) => {
    const types = typesOf(added, body)
    if (types !== null) return types
    const said = file.text.slice(added.start ?? 0, added.end ?? 0)
    throw new DocumentError(
      'source-unreadable',
      file.path,
      `what is added to ${list} has no type written out: ${said}`,
    )
  })
}

/**
 * Where a function of ours is called that looks actions up in a table, with an event that is written out: the function
 * without the table, and the actions of that event. Null for every other call.
 */
function takenFrom(
  symbols: Symbols,
  tables: readonly ActionTable[],
  file: SourceFile,
  call: CallExpression,
  body: Node,
): Code[] | null {
  const called = isIdentifier(call.callee) ? symbols.find(file, call.callee.name) : undefined
  if (called?.kind !== 'function') return null
  const events = call.arguments
    .map((argument) => (hasSpread(argument) ? null : typesOf(argument, body)))
    .find((types) => types !== null)
  const used = tables.find(({ table }) => mentionsTable(symbols, called, table))
  if (events == null || used === undefined) return null
  const actions = new Set(events.flatMap(used.actionsOn))
  const properties: Code[] = []
  traverseFast(used.table.node, (node) => {
    if (!isObjectMember(node) || !actions.has(nameOf(node.key))) return undefined
    properties.push({ file: used.table.file, node, without: null })
    return traverseFast.skip
  })
  return [{ file: called.file, node: called.node, without: used.table.node }, ...properties]
}

function mentionsTable(symbols: Symbols, { file, node: body }: Declaration, table: Declaration): boolean {
  let found = false
  traverseFast(body, (node) => {
    found ||= isIdentifier(node, { name: table.name }) && symbols.find(file, node.name) === table
  })
  return found
}
