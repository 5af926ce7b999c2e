import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ParseResult, parse } from '@babel/parser'
import type { File, Node } from '@babel/types'
import { DocumentError } from '../document-error.ts'

/** One parsed file of TypeScript. */
export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string
  readonly text: string
  readonly tree: ParseResult<File>
}

/**
 * Parses every `.ts` file in some folders, sorted by path.
 *
 * @param root the repository's root
 * @param folders from the root, such as `packages/core/src`
 * @throws {DocumentError} `source-unreadable` where a file is not TypeScript
 */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replaceAll('\\', '/'))
      .sort()
      .map((name) => parseSource(`${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8'))),
  )
}

/**
 * Parses one text.
 *
 * @throws {DocumentError} `source-unreadable` where it is not TypeScript
 */
export function parseSource(path: string, text: string): SourceFile {
  try {
    const tree = parse(text, { sourceType: 'module', plugins: ['typescript'], attachComment: false })
    return { path, text, tree }
  } catch (error) {
    throw new DocumentError('source-unreadable', path, String(error))
  }
}

/** The text of the doc comment right before a node, a line each paragraph; null where there is none. */
export function docOf({ text, tree }: SourceFile, node: Node): string | null {
  const start = node.start ?? 0
  const before = (tree.comments ?? []).filter(({ end = 0 }) => end <= start).at(-1)
  if (before === undefined || before.type !== 'CommentBlock' || !before.value.startsWith('*')) return null
  // Between the two may stand what a union's member and a parenthesis begin with.
  if (!/^[\s|(]*$/.test(text.slice(before.end, start))) return null
  const lines = before.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
  const paragraphs = lines
    .join('\n')
    .trim()
    .split(/\n{2,}/)
  return paragraphs.map((paragraph) => paragraph.replaceAll('\n', ' ')).join('\n')
}

/** The part of a doc comment before its first tag. */
export function sentencesOf(doc: string | null): string | null {
  return doc === null ? null : (doc.split(/\s@\w+/, 1)[0] ?? '').trim()
}
