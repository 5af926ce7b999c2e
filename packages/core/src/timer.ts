/**
 * Every timer the machine can ask for. A timer is an effect (`setTimer`) and comes back as the event
 * `timer.<name>`; setting a name again replaces the one that was running.
 */
export const timers = {
  callTimeout: 'When to give up the outstanding HTTPS call.',
  retryCall: 'When to make the failed or refused HTTPS call again.',
  renewTuple: 'When to ask for the next CONNECT tuple (renew_after).',
  expireTuple: 'When the CONNECT tuple ends (expires_in, or session_hard_expires_in where that is sooner).',
  connectTimeout: 'When a connection must have reached its SUBACK.',
  closeTimeout: 'When a connection that was told to close is cut.',
  reconnect: 'When to connect again.',
  publishTimeout: 'When the oldest PUBLISH without PUBACK ends the connection.',
  stableOnline: 'When the session was online long enough for the backoff to start afresh.',
  reports: 'When the next report is due: its retry, or the end of the wait for its acknowledgement.',
  commands: 'When the next command reaches the end of its window, of its run, or of the wait for its value.',
  stopTimeout: 'When the stop ends, whatever is still open.',
} as const

/** The name of one timer. */
export type TimerName = keyof typeof timers

/** A timer that was set: its never reused id, and when it is due (monotonic ms). */
export interface RunningTimer {
  readonly id: string
  readonly dueAt: number
}
