import { parse } from './parse.ts'
import { play } from './play.ts'
import { print } from './print.ts'
import type { TraceLine } from './trace.ts'

/**
 * Plays a transcript's text and writes it anew, with the output that the machine gives now.
 *
 * @param file the name that errors carry
 * @throws {TranscriptError} naming file, line and word
 */
export function regenerate(text: string, file = 'transcript'): string {
  const transcript = parse(text, file)
  return print(transcript, play(transcript, file))
}

/**
 * The steps of a story as trace lines: a header, then a line a step; a story in which the device is resumed has a
 * header and steps for every run. `replay` makes the same lines again.
 *
 * @throws {TranscriptError} naming file, line and word
 */
export function traceOf(text: string, file = 'transcript'): readonly TraceLine[] {
  return play(parse(text, file), file).trace
}
