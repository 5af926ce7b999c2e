import { located } from './parse.ts'
import { type Outcome, Player } from './player.ts'
import { Recording } from './recording.ts'
import type { TraceLine } from './trace.ts'
import type { Block, Transcript } from './transcript.ts'

/** A story as it was played: what every input came to, and the trace of all of it. */
export interface Playback {
  readonly blocks: readonly { readonly block: Block; readonly outcomes: readonly Outcome[] }[]
  readonly trace: readonly TraceLine[]
}

/**
 * Plays a story from its beginning.
 *
 * @throws {TranscriptError} for an input that cannot happen at its point, such as an answer to no call
 */
export function play(transcript: Transcript, file: string): Playback {
  const recording = new Recording(transcript.name)
  const player = new Player(recording)
  const blocks = transcript.blocks.map((block) => {
    const { input, line } = block
    const outcomes = located({ file, line }, () => player.take((one) => input.play(one), input.random))
    return { block, outcomes }
  })
  return { blocks, trace: recording.lines }
}
