import type { Colours } from '../terminal.ts'

/** Who speaks on the time line. */
export type Speaker = 'cloud' | 'device' | 'house' | 'demo'

/** The story of the day as it is told: for people as text, for machines as NDJSON. */
export interface Timeline {
  /** Opens a part of the day. */
  chapter(hour: string, title: string): void
  /** One thing that happened. `tone` colours it for people. */
  tell(speaker: Speaker, text: string, tone?: 'good' | 'bad' | 'plain'): void
}

/** A time line that writes to `out`. */
export function createTimeline(out: (line: string) => void, colours: Colours, json: boolean): Timeline {
  const startedAt = performance.now()
  const elapsedMs = () => Math.round(performance.now() - startedAt)
  if (json)
    return {
      chapter: (hour, title) => out(JSON.stringify({ atMs: elapsedMs(), hour, chapter: title })),
      tell: (speaker, text) => out(JSON.stringify({ atMs: elapsedMs(), speaker, text })),
    }
  const paint = { good: colours.green, bad: colours.yellow, plain: (text: string) => text }
  const marks: { readonly [speaker in Speaker]: (text: string) => string } = {
    cloud: colours.blue,
    device: colours.cyan,
    house: colours.magenta,
    demo: colours.dim,
  }
  return {
    chapter: (hour, title) => out(`\n${colours.bold(`${hour}  ${title}`)}`),
    tell(speaker, text, tone = 'plain') {
      const time = `${(elapsedMs() / 1000).toFixed(2)} s`.padStart(9)
      out(`${colours.dim(time)}  ${marks[speaker](speaker.padEnd(6))}  ${paint[tone](text)}`)
    },
  }
}
