import { posix } from 'node:path'
import {
  type Expression,
  isClassDeclaration,
  isExportAllDeclaration,
  isExportNamedDeclaration,
  isFunctionDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportNamespaceSpecifier,
  isImportSpecifier,
  isStringLiteral,
  isTSInterfaceDeclaration,
  isTSTypeAliasDeclaration,
  isVariableDeclaration,
  type Node,
  type Statement,
} from '@babel/types'
import type { SourceFile } from './read-sources.ts'

/** One name that a file declares at its top. */
export interface Declaration {
  readonly file: SourceFile
  readonly name: string
  readonly kind: 'function' | 'class' | 'const' | 'type'
  /** The function, the class, the const's declarator or the type. */
  readonly node: Node
  /** What its doc comment stands before. */
  readonly statement: Statement
  readonly exported: boolean
}

/** Every top declaration of a file. */
export function declarationsOf(file: SourceFile): Declaration[] {
  return file.tree.program.body.flatMap((statement) => {
    const exported = isExportNamedDeclaration(statement)
    const node = exported ? statement.declaration : statement
    const one = (name: string | undefined, kind: Declaration['kind'], named: Node): Declaration[] =>
      name === undefined ? [] : [{ file, name, kind, node: named, statement, exported }]
    if (isFunctionDeclaration(node)) return one(node.id?.name, 'function', node)
    if (isClassDeclaration(node)) return one(node.id?.name, 'class', node)
    if (isTSInterfaceDeclaration(node) || isTSTypeAliasDeclaration(node))
      return one(node.id.name, 'type', node)
    if (isVariableDeclaration(node))
      return node.declarations.flatMap((declarator) =>
        isIdentifier(declarator.id) ? one(declarator.id.name, 'const', declarator) : [],
      )
    return []
  })
}

/** Finds what a name in a file stands for; undefined for what comes from a library or is local. */
export interface Symbols {
  readonly declarations: readonly Declaration[]
  /** A plain name, such as `keepTuple`. */
  find(file: SourceFile, name: string): Declaration | undefined
  /** A name behind a namespace import, such as `authority.keepTuple`. */
  findIn(file: SourceFile, namespace: string, name: string): Declaration | undefined
}

/** Reads who declares, imports and exports what; imports by relative path only, as ours all are within a package. */
export function readSymbols(files: readonly SourceFile[]): Symbols {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const declarations = files.flatMap(declarationsOf)
  const declared = new Map(
    declarations.map((declaration) => [`${declaration.file.path} ${declaration.name}`, declaration]),
  )
  const target = (file: SourceFile, from: string) => byPath.get(posix.join(posix.dirname(file.path), from))

  function exportedBy(file: SourceFile, name: string): Declaration | undefined {
    const own = declared.get(`${file.path} ${name}`)
    if (own !== undefined) return own
    for (const statement of file.tree.program.body) {
      if (isExportAllDeclaration(statement)) {
        const there = target(file, statement.source.value)
        const found = there === undefined ? undefined : exportedBy(there, name)
        if (found !== undefined) return found
      }
      if (!isExportNamedDeclaration(statement) || statement.source == null) continue
      for (const specifier of statement.specifiers) {
        if (specifier.type !== 'ExportSpecifier' || nameOf(specifier.exported) !== name) continue
        const there = target(file, statement.source.value)
        return there === undefined ? undefined : exportedBy(there, specifier.local.name)
      }
    }
    return undefined
  }

  /** The file that an import comes from, and the name it has there; null for a whole namespace. */
  function imported(file: SourceFile, local: string): { there: SourceFile; name: string | null } | undefined {
    for (const statement of file.tree.program.body) {
      if (!isImportDeclaration(statement)) continue
      const specifier = statement.specifiers.find((one) => one.local.name === local)
      const there = specifier === undefined ? undefined : target(file, statement.source.value)
      if (specifier === undefined || there === undefined) continue
      if (isImportNamespaceSpecifier(specifier)) return { there, name: null }
      if (isImportSpecifier(specifier)) return { there, name: nameOf(specifier.imported) }
    }
    return undefined
  }

  return {
    declarations,
    find(file, name) {
      const own = declared.get(`${file.path} ${name}`)
      if (own !== undefined) return own
      const from = imported(file, name)
      return from === undefined || from.name === null ? undefined : exportedBy(from.there, from.name)
    },
    findIn(file, namespace, name) {
      const from = imported(file, namespace)
      return from === undefined || from.name !== null ? undefined : exportedBy(from.there, name)
    },
  }
}

/** The name of a key, an import or an export. */
export function nameOf(node: Node | Expression): string {
  if (isIdentifier(node)) return node.name
  return isStringLiteral(node) ? node.value : ''
}
