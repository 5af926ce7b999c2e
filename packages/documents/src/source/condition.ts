import {
  isArrowFunctionExpression,
  isIdentifier,
  isObjectPattern,
  isObjectProperty,
  type Node,
} from '@babel/types'
import type { ConditionOf } from '../chart/scxml.ts'
import { nameOf } from './symbols.ts'
import type { TableEntry } from './tables.ts'

/**
 * Gives a guard's condition by its name, `not x`, `x and y` and `x or y` included: from its source, or where it only
 * asks whether the event brings the fact of its name.
 */
export function createConditions(
  entries: ReadonlyMap<string, readonly TableEntry[]>,
  isFact: (guard: string) => boolean,
): ConditionOf {
  return function conditionOf(guard): string | null {
    for (const [word, sign] of [
      [' or ', ' || '],
      [' and ', ' && '],
    ] as const) {
      const parts = guard.split(word).map((part) => (part === guard ? null : conditionOf(part)))
      if (parts.length > 1) return parts.includes(null) ? null : parts.join(sign)
    }
    if (guard.startsWith('not ')) {
      const inner = conditionOf(guard.slice('not '.length))
      return inner === null ? null : `!(${inner})`
    }
    const conditions = (entries.get(guard) ?? []).map((entry) => conditionIn(entry.node))
    const written = conditions.find((condition) => condition !== null)
    return written ?? (isFact(guard) ? `(_event.data.facts || []).includes('${guard}')` : null)
  }
}

/** The expression of a guard `({ event }) => …` that looks at nothing but its event, over SCXML's `_event`. */
function conditionIn(node: TableEntry['node']): string | null {
  if (!isObjectProperty(node) || !isArrowFunctionExpression(node.value)) return null
  const { params, body } = node.value
  const [situation] = params
  if (situation === undefined) return write(body, null)
  if (!isObjectPattern(situation)) return null
  const picked = situation.properties.find((one) => isObjectProperty(one) && nameOf(one.key) === 'event')
  const local = isObjectProperty(picked) && isIdentifier(picked.value) ? picked.value.name : null
  return write(body, local)
}

/** Writes an expression again, without types; null where it names anything but the event. */
function write(node: Node, event: string | null): string | null {
  const join = (template: (parts: readonly string[]) => string, ...nodes: Node[]): string | null => {
    const parts = nodes.map((one) => write(one, event))
    const said = parts.filter((part) => part !== null)
    return said.length === parts.length ? template(said) : null
  }
  switch (node.type) {
    case 'BooleanLiteral':
    case 'NumericLiteral':
      return String(node.value)
    case 'StringLiteral':
      return `'${node.value.replace(/['\\]/g, '\\$&')}'`
    case 'NullLiteral':
      return 'null'
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
      return write(node.expression, event)
    case 'UnaryExpression':
      return join(([inner]) => `${node.operator}(${inner})`, node.argument)
    case 'BinaryExpression':
    case 'LogicalExpression':
      return join(([left, right]) => `(${left} ${node.operator} ${right})`, node.left, node.right)
    case 'ConditionalExpression':
      return join(
        ([test, yes, no]) => `(${test} ? ${yes} : ${no})`,
        node.test,
        node.consequent,
        node.alternate,
      )
    case 'MemberExpression': {
      const name = nameOf(node.property)
      if (node.computed || name === '') return null
      if (isIdentifier(node.object) && node.object.name === event && name === 'type') return '_event.name'
      return join(([object]) => `${object}.${name}`, node.object)
    }
    case 'Identifier':
      return node.name === event ? '_event.data' : null
    default:
      return null
  }
}
