import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const forbiddenNames = [
  ['clock', /\b(?:Date|performance|Temporal)\b/],
  ['timer', /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\b/],
  ['randomness', /\bMath\s*(?:\.\s*random\b|\[)|\b(?:crypto|webcrypto)\b/],
  [
    'platform',
    /(?<![.\w])(?:process|Buffer|require|globalThis|window|self|global|console|fetch|URL|URLSearchParams|TextEncoder|TextDecoder|atob|btoa|navigator|localStorage|WebSocket|XMLHttpRequest|structuredClone|AbortController|Worker|Deno|Bun|eval|Function|Intl|WeakRef|FinalizationRegistry|SharedArrayBuffer|Atomics)\b(?!\s*:)/,
  ],
] as const

/** What a pure package's sources may import: other files of theirs, and these modules by file (`*`: every file). */
export type AllowedImports = Readonly<Record<string, readonly string[]>>

/** The sources of a folder, by their path in it. */
export function sourcesOf(folder: URL): Map<string, string> {
  const path = fileURLToPath(folder)
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  return new Map(names.map((name) => [name.replaceAll('\\', '/'), readFileSync(`${path}/${name}`, 'utf8')]))
}

/**
 * What a source does that a pure package must not: name a clock, a timer, a generator of random numbers or the
 * platform, or import what is not allowed. Comments and the text of strings are taken out first, but imports are
 * read before that, since a module's name is a string.
 */
export function impurities(fileName: string, source: string, allowed: AllowedImports): string[] {
  const found: string[] = []
  const code = withoutCommentsAndStrings(source, (text) => `'${text}'`)
  for (const [, specifier = ''] of code.matchAll(/\b(?:from|import)\s*\(?\s*'([^']*)'/g))
    if (!isAllowed(fileName, specifier, allowed)) found.push(`imports ${specifier}`)
  const names = withoutCommentsAndStrings(source, () => "''")
  for (const [what, pattern] of forbiddenNames) {
    const match = names.match(pattern)
    if (match) found.push(`${what}: ${match[0]}`)
  }
  return found
}

function isAllowed(fileName: string, specifier: string, allowed: AllowedImports): boolean {
  if (specifier.startsWith('.'))
    return !posix.join(posix.dirname(fileName), specifier).startsWith('..') && specifier.endsWith('.ts')
  return [...(allowed['*'] ?? []), ...(allowed[fileName] ?? [])].includes(specifier)
}

// One pass over comments and strings, whichever begins first. Of a template only the text goes: its `${…}` is code.
function withoutCommentsAndStrings(source: string, replaceString: (text: string) => string): string {
  return source.replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g,
    (_all, single?: string, double?: string, template?: string) => {
      if (template !== undefined)
        return [...template.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => ` ${code} `).join('')
      const text = single ?? double
      return text === undefined ? ' ' : replaceString(text)
    },
  )
}
