import { coloursFor, type Terminal } from '@realer-device/cli'

/** A terminal that remembers what was written to it. */
export interface Screen extends Terminal {
  readonly outLines: string[]
  readonly errLines: string[]
  /** Everything written, for a look at the whole. */
  text(): string
  /** What Ctrl-C does. */
  interrupt(): void
  /** Resolves with the first line of output that holds the text, past or to come. */
  shows(text: string): Promise<string>
}

/** A screen without colours whose standard input holds these lines and then stays open. */
export function createScreen(input: readonly string[] = []): Screen {
  const outLines: string[] = []
  const errLines: string[] = []
  const waits = new Set<{ text: string; resolve: (line: string) => void }>()
  let interrupt = (): void => {}
  const interrupted = new Promise<void>((resolve) => {
    interrupt = resolve
  })
  const write = (lines: string[]) => (line: string) => {
    lines.push(line)
    for (const wait of [...waits]) if (line.includes(wait.text)) waits.delete(wait) && wait.resolve(line)
  }
  return {
    outLines,
    errLines,
    out: write(outLines),
    err: write(errLines),
    colours: coloursFor({ isTTY: false }, {}),
    interrupted,
    interrupt: () => interrupt(),
    text: () => [...outLines, ...errLines].join('\n'),
    shows(text) {
      const line = [...outLines, ...errLines].find((candidate) => candidate.includes(text))
      return line === undefined
        ? new Promise((resolve) => waits.add({ text, resolve }))
        : Promise.resolve(line)
    },
    async *lines() {
      yield* input
      await new Promise(() => {})
    },
  }
}
