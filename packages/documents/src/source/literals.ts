import {
  isConditionalExpression,
  isFunction,
  isIdentifier,
  isObjectExpression,
  isObjectProperty,
  isSpreadElement,
  isStringLiteral,
  isTSAsExpression,
  isVariableDeclarator,
  type Node,
  traverseFast,
} from '@babel/types'
import { nameOf } from './symbols.ts'

/**
 * The `type` of an object literal, as the strings that it can be; null where the code does not say so itself.
 *
 * @param around the code in which a name such as `type` in `{ type }` is looked up
 */
export function typesOf(object: Node, around: Node): readonly string[] | null {
  if (!isObjectExpression(object)) return null
  const type = object.properties.find(
    (property) => isObjectProperty(property) && nameOf(property.key) === 'type',
  )
  return isObjectProperty(type) ? literalsOf(type.value, around) : null
}

/** Whether an object literal takes over what another object has, which may be anything. */
export function hasSpread(object: Node): boolean {
  return isObjectExpression(object) && object.properties.some((property) => isSpreadElement(property))
}

function literalsOf(expression: Node, around: Node): readonly string[] | null {
  if (isStringLiteral(expression)) return [expression.value]
  if (isTSAsExpression(expression)) return literalsOf(expression.expression, around)
  if (isConditionalExpression(expression)) return all([expression.consequent, expression.alternate], around)
  return isIdentifier(expression) ? all(valuesOf(expression.name, around), around) : null
}

function all(expressions: readonly Node[], around: Node): readonly string[] | null {
  const strings = expressions.map((expression) => literalsOf(expression, around))
  return strings.length === 0 || strings.includes(null) ? null : strings.flatMap((some) => some ?? [])
}

/** What a local name is declared with, wherever in the code; none where a parameter may have the name too. */
function valuesOf(name: string, around: Node): readonly Node[] {
  const values: Node[] = []
  let isParameter = false
  traverseFast(around, (node) => {
    if (
      isVariableDeclarator(node) &&
      isIdentifier(node.id, { name }) &&
      node.init != null &&
      node.init.type !== 'Identifier'
    )
      values.push(node.init)
    if (isFunction(node))
      for (const parameter of node.params) isParameter ||= isIdentifier(parameter, { name })
  })
  return isParameter ? [] : values
}
