import { createColors } from 'picocolors'

/** Colour functions; without a terminal they leave the text as it is. */
export type Colours = ReturnType<typeof createColors>

/** Where a command writes: results to `out`, complaints and notes to `err`. */
export interface Terminal {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  readonly colours: Colours
  /** Resolves when SIGINT or SIGTERM comes, or the host asks for the end. */
  readonly interrupted: Promise<void>
  /** The lines of standard input. */
  readonly lines: () => AsyncIterable<string>
}

/** Whether colours are wanted: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function wantsColours(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (environment.NO_COLOR ?? '') === ''
}

/** The colour functions for a stream. */
export function coloursFor(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): Colours {
  return createColors(wantsColours(stream, environment))
}
