/** A failure that users of comparable clients reported, and what must hold here instead. */
export interface FieldFailure {
  readonly id: string
  readonly sentence: string
}

/** Every failure of the field that this design has to make impossible, in our own words. */
export const fieldFailures: readonly FieldFailure[] = [
  { id: 'F-1', sentence: 'No CONNECT goes out with a tuple that has expired.' },
  { id: 'F-2', sentence: 'A refused tuple is spent: the next CONNECT has a new one.' },
  {
    id: 'F-3',
    sentence: 'Whatever the lifetimes and however late the timers, no session outlives its hard end.',
  },
  { id: 'F-4', sentence: 'A renewal that fails leaves the good session alone and keeps to the backoff.' },
  {
    id: 'F-5',
    sentence: 'Attempts never overlap: one call and one connection at most, and late answers change nothing.',
  },
  { id: 'F-6', sentence: 'A renewal loses no subscription: online means that every needed SUBACK is there.' },
  { id: 'F-7', sentence: 'Two devices with one client id thin out their takeovers instead of fighting.' },
  {
    id: 'F-8',
    sentence: 'At any drop or crash a report that was taken is acknowledged, still kept, or refused aloud.',
  },
  { id: 'F-9', sentence: 'The fate of a report is decided in one place, and told always.' },
  { id: 'F-10', sentence: 'A reconnect puts no older desired state over a newer one.' },
  { id: 'F-11', sentence: 'No lost answer parks anything for ever: every wait has its end.' },
  {
    id: 'F-12',
    sentence: 'No door opens minutes late: the window is looked at when the command is about to run.',
  },
  { id: 'F-13', sentence: 'A marked secret turns up in no log, error, trace or snapshot.' },
  {
    id: 'F-14',
    sentence: 'When authority is lost the host is told once, and nothing runs until it is back.',
  },
  {
    id: 'F-15',
    sentence: 'A skewed or jumping clock, or a sleep, changes only what waiting itself should change.',
  },
  { id: 'F-16', sentence: 'An outage of days ends at the bound of the outbox, not at the end of memory.' },
]
