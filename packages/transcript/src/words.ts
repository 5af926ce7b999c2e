import { WordError } from './transcript.ts'

const closing: { readonly [open: string]: string } = { '{': '}', '[': ']' }

/**
 * Splits an input line into words at its spaces. A space inside of a JSON text, object or array splits nothing, so
 * that `value={"a": 1}` is one word.
 *
 * @throws {WordError} for a text, object or array without an end
 */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let at = 0
  while (at < line.length) {
    if (line[at] === ' ') at++
    else {
      const end = endOfWord(line, at)
      words.push(line.slice(at, end))
      at = end
    }
  }
  return words
}

function endOfWord(line: string, start: number): number {
  const open: string[] = []
  for (let at = start; at < line.length; at++) {
    const character = line[at] ?? ''
    if (character === '"') at = endOfText(line, start, at)
    else if (closing[character] !== undefined) open.push(closing[character])
    else if (character === open.at(-1)) open.pop()
    else if (character === ' ' && open.length === 0) return at
  }
  const missing = open.at(-1)
  if (missing !== undefined)
    throw new WordError('word-invalid', line.slice(start), `it has no closing ${missing}`)
  return line.length
}

/** The place of the quotation mark that ends the JSON text which begins at `from`. */
function endOfText(line: string, start: number, from: number): number {
  for (let at = from + 1; at < line.length; at++) {
    if (line[at] === '\\') at++
    else if (line[at] === '"') return at
  }
  throw new WordError('word-invalid', line.slice(start), 'it has no closing quotation mark')
}
