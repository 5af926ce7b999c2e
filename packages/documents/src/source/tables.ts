import {
  type Expression,
  isArrayExpression,
  isObjectExpression,
  isObjectMethod,
  isObjectProperty,
  isStringLiteral,
  type Node,
  type ObjectMethod,
  type ObjectProperty,
  traverseFast,
} from '@babel/types'
import type { SourceFile } from './read-sources.ts'
import { nameOf } from './symbols.ts'

/** What one name of a chart stands for in the source. */
export interface TableEntry {
  readonly file: SourceFile
  /** The property of that name, or the name itself in a list of names. */
  readonly node: ObjectProperty | ObjectMethod | Expression
}

/**
 * Finds the object literals that have all of some names as keys, and the lists that hold them all: a chart's guards or
 * actions, wherever they are written. A chart is declared in one and its functions may stand in another, so there may
 * be several entries a name.
 */
export function findTables(
  files: readonly SourceFile[],
  names: readonly string[],
): ReadonlyMap<string, readonly TableEntry[]> {
  const found = new Map<string, TableEntry[]>()
  if (names.length === 0) return found
  for (const file of files)
    traverseFast(file.tree.program, (node) => {
      const keys = keysOf(node)
      if (!names.every((name) => keys.has(name))) return
      for (const name of names) {
        const entry = keys.get(name)
        if (entry !== undefined) found.set(name, [...(found.get(name) ?? []), { file, node: entry }])
      }
    })
  return found
}

function keysOf(node: Node): Map<string, TableEntry['node']> {
  if (isArrayExpression(node))
    return new Map(
      node.elements.flatMap((element) =>
        isStringLiteral(element) ? [[element.value, element] as const] : [],
      ),
    )
  if (!isObjectExpression(node)) return new Map()
  return new Map(
    node.properties.flatMap((property) =>
      isObjectProperty(property) || isObjectMethod(property)
        ? [[nameOf(property.key), property] as const]
        : [],
    ),
  )
}
