import { type RuleId, ruleIds } from '@realer-device/core'
import { inputs } from './inputs/index.ts'
import { readInput } from './inputs/input.ts'
import { type Block, type Transcript, TranscriptError, WordError } from './transcript.ts'

/**
 * Reads a transcript: header lines with `#`, then input lines with `>`; comment lines with `#` may stand between them.
 * Indented lines are recorded output, and left out.
 *
 * @param file the name that errors carry
 * @throws {TranscriptError} naming file, line and word
 */
export function parse(text: string, file: string): Transcript {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('#'))
  const head = lines.slice(0, end === -1 ? lines.length : end)
  const blocks: Block[] = []
  let comments: string[] = []
  for (const [index, line] of lines.entries()) {
    const at = { file, line: index + 1 }
    if (index < head.length || line === '' || line.startsWith('  ')) continue
    if (line.startsWith('#')) comments.push(line)
    else if (line.startsWith('> ')) {
      const input = located(at, () => readInput(line.slice(2).trim(), inputs))
      blocks.push({ comments, text: line.trimEnd(), line: at.line, input })
      comments = []
    } else
      throw new TranscriptError(
        'word-unknown',
        { ...at, word: line },
        'a line begins with #, >, or two spaces',
      )
  }
  const name = file.replace(/^.*\//, '').replace(/\.txt$/, '')
  return { name, ...readHead(head, file), head, blocks, tail: comments }
}

/** Adds the place to a fault of a word. */
export function located<Value>(
  at: { readonly file: string; readonly line: number },
  act: () => Value,
): Value {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof WordError)) throw error
    throw new TranscriptError(error.code, { ...at, word: error.word }, `${error.message}.`)
  }
}

function readHead(head: readonly string[], file: string): Pick<Transcript, 'title' | 'rules' | 'failures'> {
  const fault = (line: number, word: string, message: string) =>
    new TranscriptError('head-invalid', { file, line: line + 1, word }, message)
  const [title = ''] = head.map((line) => line.slice(1).trim())
  if (title === '') throw fault(0, head[0] ?? '', 'the first line is # and a title.')
  const listed = (label: string, isKnown: (word: string) => boolean): string[] =>
    head.flatMap((line, index) => {
      if (!line.startsWith(`# ${label}: `)) return []
      const words = line.slice(label.length + 4).split(' ')
      const unknown = words.find((word) => !isKnown(word))
      if (unknown !== undefined) throw fault(index, unknown, `it is no word for ${label}.`)
      return words
    })
  const rules = listed('Rules', isRuleId).filter(isRuleId)
  if (rules.length === 0) throw fault(0, title, 'the header has no line # Rules: with the ids of rules.')
  const failures = listed('Failures', (word) => /^F-([1-9]|1[0-6])$/.test(word))
  const prose = head.slice(1).filter((line) => line !== '#' && !/^# (Rules|Failures): /.test(line))
  if (prose.length === 0) throw fault(0, title, 'the header does not say what happens and why it matters.')
  return { title, rules, failures }
}

function isRuleId(word: string): word is RuleId {
  return (ruleIds as readonly string[]).includes(word)
}
