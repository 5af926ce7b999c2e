import {
  isObjectExpression,
  isObjectMethod,
  isObjectProperty,
  type ObjectMethod,
  type ObjectProperty,
  traverseFast,
} from '@babel/types'
import type { SourceFile } from './read-sources.ts'
import { nameOf } from './symbols.ts'

/** What one name of a chart stands for in the source. */
export interface TableEntry {
  readonly file: SourceFile
  readonly property: ObjectProperty | ObjectMethod
}

/**
 * Finds the object literals that have all of some names as keys: a chart's guards or actions, wherever they are
 * written. A chart is declared in one and its functions may stand in another, so there may be several entries a name.
 */
export function findTables(
  files: readonly SourceFile[],
  names: readonly string[],
): ReadonlyMap<string, readonly TableEntry[]> {
  const found = new Map<string, TableEntry[]>()
  if (names.length === 0) return found
  for (const file of files)
    traverseFast(file.tree.program, (node) => {
      if (!isObjectExpression(node)) return
      const properties = node.properties.filter(
        (property) => isObjectProperty(property) || isObjectMethod(property),
      )
      const keys = new Map(properties.map((property) => [nameOf(property.key), property]))
      if (!names.every((name) => keys.has(name))) return
      for (const name of names) {
        const property = keys.get(name)
        if (property !== undefined) found.set(name, [...(found.get(name) ?? []), { file, property }])
      }
    })
  return found
}
