import {
  type CallExpression,
  isCallExpression,
  isFunction,
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
  /** The actions of the chart's transitions for an event, in whatever state; null where the chart has no such event. */
  readonly actionsOn: (event: string) => readonly string[] | null
}

/** Some code: a function, a const, or one property of an object. */
interface Code {
  readonly file: SourceFile
  readonly node: Node
  /** Where it is a function that was called with an event written out: that parameter, and the event's types. */
  readonly given: { readonly parameter: string; readonly events: readonly string[] } | null
}

/** What one piece of code says itself, and what it mentions. */
interface Said extends Consequences {
  readonly mentions: readonly Code[]
}

/**
 * Finds what code may cause without running it: every `….effects.push({ type: '…' })` and `….signals.push(…)` in it,
 * and in every function of ours that it mentions, called or not. Where a chart's event is written out, it is followed
 * through the calls that hand it on, and of the chart's actions only those of that event count. So the answer may be
 * too large, never too small.
 *
 * @throws {DocumentError} `source-unreadable` where the type of an effect or a signal is not written out
 */
export function createAnalysis(
  symbols: Symbols,
  tables: readonly ActionTable[] = [],
): (file: SourceFile, node: Node) => Consequences {
  const known = new Map<Node, Map<string, Said>>()
  const saidBy = (code: Code): Said => {
    const forms = known.get(code.node) ?? new Map<string, Said>()
    const form = JSON.stringify(code.given)
    const said = forms.get(form) ?? readCode(symbols, tables, code)
    known.set(code.node, forms.set(form, said))
    return said
  }
  return (file, node) => {
    const effects = new Set<string>()
    const signals = new Set<string>()
    const seen = new Set<Said>()
    const open: Code[] = [{ file, node, given: null }]
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

function readCode(symbols: Symbols, tables: readonly ActionTable[], { file, node: body, given }: Code): Said {
  const effects: string[] = []
  const signals: string[] = []
  const mentions: Code[] = []
  const mention = (declaration: Declaration | undefined): void => {
    if (declaration === undefined || declaration.kind === 'type') return
    const actions = given === null ? null : actionsIn(tables, declaration, given.events)
    mentions.push(...(actions ?? [{ file: declaration.file, node: declaration.node, given: null }]))
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
      const handed = handedOn(symbols, { file, node: body, given }, node)
      if (handed !== null) {
        labels.add(node.callee)
        mentions.push(handed)
      }
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

/** The function that a call gives an event whose type is written out here or was given to this code; else null. */
function handedOn(symbols: Symbols, { file, node: body, given }: Code, call: CallExpression): Code | null {
  const called = isIdentifier(call.callee) ? symbols.find(file, call.callee.name) : undefined
  if (called === undefined || !isFunctionDeclaration(called.node)) return null
  const { params } = called.node
  for (const [at, argument] of call.arguments.entries()) {
    const isGiven = isIdentifier(argument) && argument.name === given?.parameter
    const events = isGiven ? given.events : hasSpread(argument) ? null : typesOf(argument, body)
    const parameter = params[at]
    if (events === null || !isIdentifier(parameter) || isShadowed(called.node, parameter.name)) continue
    return { file: called.file, node: called.node, given: { parameter: parameter.name, events } }
  }
  return null
}

/** Whether a function inside has a parameter of the same name, or the name is given another value. */
function isShadowed(body: Node, name: string): boolean {
  let declared = 0
  traverseFast(body, (node) => {
    if (isFunction(node))
      declared += node.params.filter((parameter) => isIdentifier(parameter, { name })).length
    if (isVariableDeclarator(node) && isIdentifier(node.id, { name })) declared += 1
    if (node.type === 'AssignmentExpression' && isIdentifier(node.left, { name })) declared += 1
  })
  return declared > 1
}

/** The actions of some events in a table of actions; null for anything else, and for events of another chart. */
function actionsIn(
  tables: readonly ActionTable[],
  declaration: Declaration,
  events: readonly string[],
): Code[] | null {
  const used = tables.find(({ table }) => table === declaration)
  const actions = events.map((event) => used?.actionsOn(event) ?? null)
  if (used === undefined || actions.includes(null)) return null
  const names = new Set(actions.flatMap((some) => some ?? []))
  const properties: Code[] = []
  traverseFast(declaration.node, (node) => {
    if (!isObjectMember(node)) return undefined
    if (names.has(nameOf(node.key))) properties.push({ file: declaration.file, node, given: null })
    return traverseFast.skip
  })
  return properties
}
