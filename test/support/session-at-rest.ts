import type { WaitingDevice } from './waiting-device.ts'

/** What a host has under way for its machine. */
export interface UnderWay {
  /** Timers of the machine that will not fire at their time. */
  readonly timersMissing: readonly string[]
  readonly hasCall: boolean
  readonly hasLink: boolean
  /** Whether the command that ran was told to end. */
  readonly isAborted: boolean
}

/** What the machine thinks that the host has under way, after the last step of a path. */
export function thought({ context, steps }: WaitingDevice): UnderWay {
  const { call, connection } = context()
  return {
    timersMissing: [],
    hasCall: call !== null,
    hasLink: connection !== null,
    isAborted: steps.some(({ trace }) => trace.effects.some(({ type }) => type === 'cancelCommand')),
  }
}

/** What the host really has under way: the world's side of {@link thought}. */
export function found({ clock, calls, links, valve, context }: WaitingDevice): UnderWay {
  const dueTimes = clock.dueTimes()
  const timers = Object.entries(context().timers)
  return {
    // A timer is set in whole milliseconds, rounded up.
    timersMissing: timers
      .filter(([, { dueAt }]) => !dueTimes.some((time) => time >= dueAt && time < dueAt + 1))
      .map(([name]) => name),
    hasCall: calls.isBusy,
    hasLink: links.isUp,
    isAborted: valve.isAborted,
  }
}
