import type { HttpsOutcome, HttpsRequest } from '@realer-device/host'
import { engineClock } from '../engine.ts'
import { createWatch, demand, type Watch } from '../watch.ts'
import type { CallerSetup, HttpsListener, ListenForRequests, Responder, SeenRequest } from './setup.ts'

/** A request that came to a listener, and the answer to it. */
export interface Exchange extends Responder {
  readonly request: SeenRequest
  readonly isGone: boolean
  /** Answers in one go. */
  answer(status: number, body?: Uint8Array, headers?: { readonly [name: string]: string }): Promise<void>
}

/** A listener and the requests that came to it. */
export interface HeardListener extends HttpsListener {
  readonly exchanges: readonly Exchange[]
}

/** A call under test: what no caller may do is a breach in every case. */
export interface ProbedCall {
  readonly outcome: HttpsOutcome | null
  /** Calls the function that ends the request. */
  abort(): void
}

/** What a case asks for; the rest is a GET without headers, a body or haste. */
export type Asked = Partial<HttpsRequest> & { readonly url: string }

/** What a case of the caller kit works with. All that it opens ends with the case. */
export interface CallerBench extends Watch {
  readonly setup: CallerSetup
  /** Monotonic, in ms. */
  now(): number
  listen(how?: ListenForRequests): Promise<HeardListener>
  call(request: Asked, hooks?: { finished?(call: ProbedCall): void }): ProbedCall
  /** Waits for the first request that comes to a listener, or the one after so many. */
  arrival(listener: HeardListener, clause: string, after?: number): Promise<Exchange>
  /** Waits for the outcome. */
  outcome(call: ProbedCall, clause: string): Promise<HttpsOutcome>
  /** Waits until the call fails, and looks at the failure; gives its detail. */
  fails(call: ProbedCall, failures: readonly Failure[], clause: string): Promise<string>
  /** A while in which what must not come could come. */
  quiet(): Promise<void>
}

export type Failure = Extract<HttpsOutcome, { ok: false }>['failure']

const DEFAULT_LIMIT_MS = 10_000
const QUIET_MS = 30

/** Runs a case on a bench of its own. */
export async function onCallerBench(
  setup: CallerSetup,
  run: (bench: CallerBench) => Promise<void>,
): Promise<void> {
  const clock = setup.clock ?? engineClock
  const limitMs = setup.limitMs ?? DEFAULT_LIMIT_MS
  const watch = createWatch(clock, limitMs)
  const listeners: HttpsListener[] = []
  const calls: ProbedCall[] = []

  const bench: CallerBench = {
    ...watch,
    setup,
    now: () => clock.now(),
    async listen(how = setup.listen) {
      const listener = await listenAndHear(how, watch)
      listeners.push(listener)
      return listener
    },
    call(asked, hooks = {}) {
      const request = { method: 'GET', headers: {}, body: null, timeoutMs: limitMs, ...asked }
      const call = probeCall(setup, request, hooks, watch)
      calls.push(call)
      return call
    },
    async arrival(listener, clause, after = 0) {
      await watch.until(() => listener.exchanges.length > after, clause, 'the request arrives')
      const exchange = listener.exchanges[after]
      demand(exchange !== undefined, clause, 'no request arrived')
      return exchange
    },
    async outcome(call, clause) {
      await watch.until(() => call.outcome !== null, clause, 'the request finishes')
      const { outcome } = call
      demand(outcome !== null, clause, 'there is no outcome')
      return outcome
    },
    async fails(call, failures, clause) {
      const outcome = await bench.outcome(call, clause)
      const told = outcome.ok ? `the status ${outcome.answer.status}` : outcome.failure
      demand(
        !outcome.ok && failures.includes(outcome.failure),
        clause,
        `it came to ${told}, and not to ${failures.join(' or ')}`,
      )
      return outcome.detail
    },
    quiet: () => watch.pause(QUIET_MS),
  }

  try {
    await run(bench)
    await bench.quiet()
    watch.end()
  } finally {
    for (const call of calls) call.abort()
    for (const listener of listeners) await listener.stop()
  }
}

function probeCall(
  { caller }: CallerSetup,
  request: HttpsRequest,
  hooks: { finished?(call: ProbedCall): void },
  watch: Watch,
): ProbedCall {
  let callsUnderWay = 0
  let isEnded = false
  let outcome: HttpsOutcome | null = null
  let abort = (): void => {}

  function guard(name: string, act: () => void): void {
    callsUnderWay += 1
    try {
      act()
    } catch (error) {
      watch.fail('CALL-1', `${name} threw ${String(error)}`)
    }
    callsUnderWay -= 1
  }

  const call: ProbedCall = {
    get outcome() {
      return outcome
    },
    abort() {
      isEnded = true
      guard('the function that ends the request', abort)
    },
  }
  guard('the caller', () => {
    abort = caller(request, (told) => {
      if (callsUnderWay > 0) watch.fail('CALL-3', 'finished came from inside a call')
      if (outcome !== null) watch.fail('CALL-2', 'finished came twice')
      else if (isEnded) watch.fail('CALL-4', 'finished came after the request was ended')
      if (!told.ok && (typeof told.detail !== 'string' || told.detail === ''))
        watch.fail('CALL-20', `the detail is ${JSON.stringify(told.detail)}`)
      outcome ??= told
      hooks.finished?.(call)
      watch.changed()
    })
  })
  return call
}

async function listenAndHear(how: ListenForRequests, watch: Watch): Promise<HeardListener> {
  const exchanges: Exchange[] = []
  const listener = await how((request, responder) => {
    let isGone = false
    exchanges.push({
      request,
      head: (status, headers) => responder.head(status, headers),
      write: (bytes) => responder.write(bytes),
      end: () => responder.end(),
      cut: () => responder.cut(),
      async answer(status, body, headers = {}) {
        await responder.head(status, headers)
        if (body !== undefined) await responder.write(body)
        await responder.end()
      },
      get isGone() {
        return isGone
      },
    })
    watch.changed()
    return {
      onGone() {
        isGone = true
        watch.changed()
      },
    }
  })
  return {
    origin: listener.origin,
    connections: () => listener.connections(),
    stop: () => listener.stop(),
    exchanges,
  }
}
