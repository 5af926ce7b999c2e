import type { HttpsOutcome, HttpsRequest, Link, LinkEvents, LinkPlatform, LinkTarget } from '../src/index.ts'

/** A clock that moves only when told to. */
export interface FakeClock {
  now(): number
  setTimer(delayMs: number, fire: () => void): () => void
  /** Moves the time on, firing what becomes due, in order. */
  advance(ms: number): void
  /** Moves the time without firing anything: a host that was kept busy, or a device that slept. */
  jump(ms: number): void
  readonly running: number
}

export interface FakeCall {
  readonly request: HttpsRequest
  readonly finish: (outcome: HttpsOutcome) => void
  aborted: boolean
}

export interface FakeLink {
  readonly target: LinkTarget
  readonly events: LinkEvents
  sent: Uint8Array[]
  state: 'live' | 'closing' | 'destroyed'
}

/** Every part of a platform, held in the hand of a test. */
export interface FakePlatform extends LinkPlatform {
  readonly clock: FakeClock
  readonly calls: FakeCall[]
  readonly links: FakeLink[]
}

export function createFakeClock(startsAt = 1_000): FakeClock {
  let time = startsAt
  let timers: { readonly dueAt: number; readonly fire: () => void }[] = []
  return {
    now: () => time,
    setTimer(delayMs, fire) {
      const timer = { dueAt: time + delayMs, fire }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance(ms) {
      const end = time + ms
      for (;;) {
        const [next] = timers.filter(({ dueAt }) => dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        time = Math.max(time, next.dueAt)
        next.fire()
      }
      time = end
    },
    jump(ms) {
      time += ms
    },
    get running() {
      return timers.length
    },
  }
}

export function createFakePlatform(): FakePlatform {
  const clock = createFakeClock()
  const calls: FakeCall[] = []
  const links: FakeLink[] = []
  let messageIds = 0
  return {
    clock,
    calls,
    links,
    random: () => 0.5,
    newMessageId: () => `message-${++messageIds}`,
    wallClock: () => '2026-04-29T10:00:01Z',
    caller(request, finish) {
      const call: FakeCall = { request, finish, aborted: false }
      calls.push(call)
      return () => {
        call.aborted = true
      }
    },
    openLink(target, events): Link {
      const link: FakeLink = { target, events, sent: [], state: 'live' }
      links.push(link)
      return {
        send(bytes) {
          if (link.state !== 'live') throw new Error(`send on a link that is ${link.state}`)
          link.sent.push(bytes)
        },
        close() {
          if (link.state === 'live') link.state = 'closing'
        },
        destroy() {
          link.state = 'destroyed'
        },
      }
    },
  }
}
