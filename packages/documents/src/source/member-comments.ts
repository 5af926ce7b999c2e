import {
  isStringLiteral,
  isTSLiteralType,
  isTSPropertySignature,
  isTSTypeLiteral,
  type TSTypeLiteral,
  traverseFast,
} from '@babel/types'
import { docOf, type SourceFile } from './read-sources.ts'
import { nameOf } from './symbols.ts'

/**
 * The doc comments of the members `{ type: '<name>' }` of the sources' unions, by name: of signals, events and effects.
 * The first that has one counts.
 */
export function memberComments(files: readonly SourceFile[]): ReadonlyMap<string, string> {
  const comments = new Map<string, string>()
  for (const file of files)
    traverseFast(file.tree.program, (node) => {
      if (!isTSTypeLiteral(node)) return
      const type = typeOf(node)
      const comment = docOf(file, node)
      if (type !== null && comment !== null && !comments.has(type)) comments.set(type, comment)
    })
  return comments
}

function typeOf({ members }: TSTypeLiteral): string | null {
  for (const member of members) {
    if (!isTSPropertySignature(member) || nameOf(member.key) !== 'type') continue
    const annotation = member.typeAnnotation?.typeAnnotation
    if (isTSLiteralType(annotation) && isStringLiteral(annotation.literal)) return annotation.literal.value
  }
  return null
}
