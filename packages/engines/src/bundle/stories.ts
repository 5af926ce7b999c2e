import type { TraceHeader, TraceInput } from '@realer-device/transcript'

/** A story of docs/transcripts as its trace. */
export interface Story {
  readonly name: string
  /** The headers, and of every step what came from outside; what the machine made of it is made again. */
  readonly inputs: readonly (TraceHeader | TraceInput)[]
}

declare const __STORIES__: readonly Story[]

/** The stories, put in when the bundle is made: an engine reads no files. */
export const stories: readonly Story[] = __STORIES__
