/** The parts of an engine's globals that give a turn: after it, every promise that could go on has gone on. */
interface Engine {
  readonly MessageChannel?: new () => {
    readonly port1: Port
    readonly port2: Port
  }
  setTimeout(fire: () => void, delayMs: number): unknown
}

interface Port {
  onmessage: (() => void) | null
  postMessage(message: null): void
  close(): void
}

/** Gives `run` a way to wait for the engine's next turn; no time is measured by it. */
export async function withTurns<Value>(run: (turn: () => Promise<void>) => Promise<Value>): Promise<Value> {
  const engine = globalThis as unknown as Engine
  if (engine.MessageChannel === undefined)
    return run(() => new Promise((resolve) => void engine.setTimeout(resolve, 0)))
  // Much sooner than a timer, which takes a millisecond or more.
  const { port1, port2 } = new engine.MessageChannel()
  try {
    return await run(
      () =>
        new Promise((resolve) => {
          port1.onmessage = resolve
          port2.postMessage(null)
        }),
    )
  } finally {
    port1.close()
  }
}
