import type { DeviceConfig, DeviceState } from '@realer-device/core'
import {
  type Resumption,
  type TraceHeader,
  type TraceInput,
  type TraceLine,
  type TraceStep,
  traceStep,
} from './trace.ts'

/** One step as it was played: its trace line, and the states around it. */
export interface PlayedStep {
  readonly kind: 'step'
  readonly line: TraceStep
  readonly before: DeviceState | null
  readonly after: DeviceState
}

/** The runs of one story, step by step, with their trace. */
export class Recording {
  readonly #story: string
  readonly #lines: TraceLine[] = []
  #header: TraceHeader | null = null
  #state: DeviceState | null = null
  #steps = 0

  constructor(story: string) {
    this.#story = story
  }

  /** Every line so far. */
  get lines(): readonly TraceLine[] {
    return this.#lines
  }

  /** The device's state; null before the first run. */
  get state(): DeviceState | null {
    return this.#state
  }

  /**
   * Begins a run, from nothing or from a snapshot.
   *
   * @throws {SnapshotError} where the snapshot is refused: then the run before it goes on as it was
   */
  begin(config: DeviceConfig, resumed: Resumption | null, input: TraceInput): PlayedStep {
    const run = (this.#header?.run ?? 0) + 1
    const header: TraceHeader = {
      format: 'realer-device-trace',
      version: 1,
      story: this.#story,
      run,
      config,
      resumed,
    }
    const made = traceStep(header, 0, null, input)
    this.#header = header
    this.#steps = 0
    this.#lines.push(header)
    return this.#keep(null, made)
  }

  /** Makes one step of the run that is under way. */
  step(input: TraceInput): PlayedStep {
    const before = this.#state
    if (this.#header === null || before === null) throw new Error('a step comes after the beginning of a run')
    return this.#keep(before, traceStep(this.#header, this.#steps, before, input))
  }

  #keep(before: DeviceState | null, { line, state }: ReturnType<typeof traceStep>): PlayedStep {
    this.#steps++
    this.#state = state
    this.#lines.push(line)
    return { kind: 'step', line, before, after: state }
  }
}
