import type { SourceFile } from './read-sources.ts'
import { docOf } from './read-sources.ts'
import { declarationsOf } from './symbols.ts'

/** One exported declaration whose doc comment names a rule. */
export interface RuleComment {
  readonly rule: string
  /** From the repository's root. */
  readonly path: string
  readonly name: string
}

/** Every exported function, class, const and type with the rules that its doc comment names, in the files' order. */
export function ruleComments(files: readonly SourceFile[], ruleIds: readonly string[]): RuleComment[] {
  return files.flatMap((file) =>
    declarationsOf(file)
      .filter(({ exported }) => exported)
      .flatMap(({ name, statement }) =>
        rulesNamed(docOf(file, statement) ?? '', ruleIds).map((rule) => ({ rule, path: file.path, name })),
      ),
  )
}

/** The rules that stand in a text as words, in the rules' own order. */
export function rulesIn(text: string, ruleIds: readonly string[]): string[] {
  const words = new Set<string>(text.match(/\b[A-Z]+-\d+\b/g))
  return ruleIds.filter((id) => words.has(id))
}

/** The same, and `DES-2 to DES-4` names those between. */
export function rulesNamed(text: string, ruleIds: readonly string[]): string[] {
  const ranges = [...text.matchAll(/\b([A-Z]+)-(\d+) to \1-(\d+)\b/g)].flatMap(([, group, first, last]) =>
    Array.from(
      { length: Math.max(0, Number(last) - Number(first) + 1) },
      (_, at) => `${group}-${Number(first) + at}`,
    ),
  )
  return rulesIn([text, ...ranges].join(' '), ruleIds)
}
