import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rulesIn } from '../source/rule-comments.ts'

/** One transcript, with the rules that it carries. */
export interface Transcript {
  /** The file's name in `docs/transcripts`. */
  readonly name: string
  readonly rules: readonly string[]
}

/** Reads the folder of the transcripts; there are none where it does not exist yet. */
export function readTranscripts(root: string, ruleIds: readonly string[]): Transcript[] {
  const folder = join(root, 'docs', 'transcripts')
  return namesIn(folder).map((name) => ({
    name,
    rules: rulesOfTranscript(readFileSync(join(folder, name), 'utf8'), ruleIds),
  }))
}

/** The rules that a transcript names in its header (lines that begin with `#`) or beside the verdict of a step. */
export function rulesOfTranscript(text: string, ruleIds: readonly string[]): string[] {
  const telling = text.split('\n').filter((line) => /^#|^\s+(taken|ignored|stale), rules /.test(line))
  return rulesIn(telling.join('\n'), ruleIds)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
