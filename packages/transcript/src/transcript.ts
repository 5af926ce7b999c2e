import type { RuleId } from '@realer-device/core'
import type { Input } from './inputs/input.ts'

/** A story as its file tells it: what it is about, and what happens in it. The recorded output is not kept. */
export interface Transcript {
  /** The story's name: its file's name without the ending. */
  readonly name: string
  /** The first header line. */
  readonly title: string
  /** The rules that the header says the story is about. */
  readonly rules: readonly RuleId[]
  /** The field failures, such as `F-4`, that the header says the story shows to be impossible. */
  readonly failures: readonly string[]
  /** The header's lines as they stand. */
  readonly head: readonly string[]
  readonly blocks: readonly Block[]
  /** Comment lines after the last input. */
  readonly tail: readonly string[]
}

/** One input of a story. */
export interface Block {
  /** The comment lines before it, as they stand. */
  readonly comments: readonly string[]
  /** The input line as it stands, with its `>`. */
  readonly text: string
  /** Its line in the file, from 1. */
  readonly line: number
  readonly input: Input
}

/** What is wrong with a transcript: the file, the line and the word. */
export class TranscriptError extends Error {
  override readonly name = 'TranscriptError'
  /** `word-unknown`: no such input; `word-invalid`: a word that the input cannot take; `not-playable`: not at this point. */
  readonly code: TranscriptFault
  /** The story's file. */
  readonly file: string
  /** The line in it, from 1. */
  readonly line: number
  /** The word at fault. */
  readonly field: string

  constructor(
    code: TranscriptFault,
    at: { readonly file: string; readonly line: number; readonly word: string },
    message: string,
  ) {
    super(`${at.file}:${at.line}: ${JSON.stringify(at.word)}: ${message}`)
    this.code = code
    this.file = at.file
    this.line = at.line
    this.field = at.word
  }
}

/** The kinds of a transcript's faults. */
export type TranscriptFault = 'head-invalid' | 'word-unknown' | 'word-invalid' | 'not-playable'

/** A fault of one word, found where the file and line are not known. */
export class WordError extends Error {
  override readonly name = 'WordError'
  readonly code: TranscriptFault
  readonly word: string

  constructor(code: TranscriptFault, word: string, message: string) {
    super(message)
    this.code = code
    this.word = word
  }
}
