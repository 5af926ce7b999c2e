import { asciiBytes, utf8Bytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { CallerCase } from '../case.ts'

const TIMEOUT_MS = 300
/** With so much time every server that answers is reached. */
const LONGEST_TIMEOUT_MS = 10_000
/** A timer may fire early by a little (see `Clock`). */
const EARLY_MS = 20
const TRICKLE_MS = 20

export const endCases: readonly CallerCase[] = [
  {
    clauses: ['CALL-11'],
    shows: 'a server that says nothing is given up in time, and not sooner',
    async run({ listen, call, fails, now }) {
      const listener = await listen()
      const startedAt = now()
      await fails(call({ url: `${listener.origin}/`, timeoutMs: TIMEOUT_MS }), ['timeout'], 'CALL-11')
      const tookMs = now() - startedAt
      demand(tookMs >= TIMEOUT_MS - EARLY_MS, 'CALL-11', `given up after ${tookMs} ms, and not ${TIMEOUT_MS}`)
    },
  },
  {
    clauses: ['CALL-11'],
    shows: 'a body that trickles without an end is given up in time',
    async run({ listen, call, fails, arrival, pause, until }) {
      const listener = await listen()
      // On a machine that is busy, a short time may not be enough for the request to come: then a longer one is tried.
      for (let timeoutMs = TIMEOUT_MS; ; timeoutMs *= 2) {
        const before = listener.exchanges.length
        const made = call({ url: `${listener.origin}/`, timeoutMs })
        await until(
          () => listener.exchanges.length > before || made.outcome !== null,
          'CALL-11',
          'the request arrives, or is given up',
        )
        if (listener.exchanges.length === before) {
          demand(timeoutMs < LONGEST_TIMEOUT_MS, 'CALL-11', `given up though it had ${timeoutMs} ms`)
          continue
        }
        const exchange = await arrival(listener, 'CALL-11', before)
        await exchange.head(200, {})
        for (let leftMs = 20 * timeoutMs; made.outcome === null && leftMs > 0; leftMs -= TRICKLE_MS) {
          await exchange.write(asciiBytes(' '))
          await pause(TRICKLE_MS)
        }
        await fails(made, ['timeout'], 'CALL-11')
        await until(() => exchange.isGone, 'CALL-11', 'the connection ends')
        return
      }
    },
  },
  {
    clauses: ['CALL-11'],
    shows: 'a server that takes the connection and never shakes hands is given up in time',
    needs: ['listenSilently'],
    async run({ setup, listen, call, fails }) {
      const listener = await listen(setup.listenSilently)
      await fails(call({ url: `${listener.origin}/`, timeoutMs: TIMEOUT_MS }), ['timeout'], 'CALL-11')
    },
  },
  {
    clauses: ['CALL-4'],
    shows: 'a request that is ended while the answer is awaited ends its connection, and nothing is told',
    async run({ listen, call, arrival, until, quiet }) {
      const listener = await listen()
      const made = call({ url: `${listener.origin}/` })
      const exchange = await arrival(listener, 'CALL-5')
      made.abort()
      made.abort()
      await until(() => exchange.isGone, 'CALL-4', 'the connection ends')
      await quiet()
      demand(made.outcome === null, 'CALL-4', 'finished came after the request was ended')
    },
  },
  {
    clauses: ['CALL-4'],
    shows: 'a request that is ended in the middle of the body: nothing is told, though the rest comes',
    async run({ listen, call, arrival, quiet }) {
      const listener = await listen()
      const made = call({ url: `${listener.origin}/` })
      const exchange = await arrival(listener, 'CALL-5')
      await exchange.head(200, {})
      await exchange.write(utf8Bytes('{"half":'))
      await quiet()
      made.abort()
      await exchange.write(utf8Bytes('1}'))
      await exchange.end()
      await quiet()
      demand(made.outcome === null, 'CALL-4', 'finished came after the request was ended')
    },
  },
  {
    clauses: ['CALL-3', 'CALL-4'],
    shows: 'a request that is ended at once, good or refused, is told nothing of',
    async run({ listen, call, until, quiet, outcome }) {
      const listener = await listen()
      const good = call({ url: `${listener.origin}/ended` })
      good.abort()
      const refused = call({ url: 'nonsense' })
      refused.abort()
      // Another request comes and goes: what was to be told would be there by then.
      const other = call({ url: `${listener.origin}/other` })
      const arrived = () => listener.exchanges.find(({ request }) => request.path === '/other')
      await until(() => arrived() !== undefined, 'CALL-5', 'the request arrives')
      await arrived()?.answer(200)
      await outcome(other, 'CALL-6')
      await quiet()
      demand(good.outcome === null && refused.outcome === null, 'CALL-4', 'an ended request has finished')
    },
  },
  {
    clauses: ['CALL-1', 'CALL-2', 'CALL-4'],
    shows: 'ending it after the end, and from inside finished, does nothing',
    async run({ listen, call, arrival, outcome, quiet }) {
      const listener = await listen()
      const made = call({ url: `${listener.origin}/` }, { finished: (finished) => finished.abort() })
      await (await arrival(listener, 'CALL-5')).answer(200)
      await outcome(made, 'CALL-6')
      made.abort()
      await quiet()
    },
  },
  {
    clauses: ['CALL-18', 'CALL-20'],
    shows: 'a connection that breaks before the answer is network',
    async run({ listen, call, arrival, fails }) {
      const listener = await listen()
      const headers = { authorization: 'Bearer canary' }
      const made = call({ method: 'POST', url: `${listener.origin}/`, headers, body: 'canary' })
      await (await arrival(listener, 'CALL-5')).cut()
      const detail = await fails(made, ['network'], 'CALL-18')
      demand(!detail.includes('canary'), 'CALL-20', `the detail is: ${detail}`)
    },
  },
  {
    clauses: ['CALL-19', 'CALL-20'],
    shows: 'an answer that breaks off is network, with a known length and without',
    async run({ listen, call, arrival, fails, quiet }) {
      const listener = await listen()
      for (const [index, headers] of [{ 'content-length': '1000' }, {}].entries()) {
        const made = call({ url: `${listener.origin}/` })
        const exchange = await arrival(listener, 'CALL-5', index)
        await exchange.head(200, headers)
        await exchange.write(utf8Bytes('{"canary":1}'))
        await quiet()
        await exchange.cut()
        const detail = await fails(made, ['network'], 'CALL-19')
        demand(!detail.includes('canary'), 'CALL-20', `the detail is: ${detail}`)
      }
    },
  },
  {
    clauses: ['CALL-21'],
    shows: 'four requests at one time, answered from the last on, each get their own answer',
    async run({ listen, call, until, outcome }) {
      const listener = await listen()
      const made = [0, 1, 2, 3].map((index) => call({ url: `${listener.origin}/${index}` }))
      const { exchanges } = listener
      await until(
        () => exchanges.length === made.length,
        'CALL-21',
        'four requests are under way at one time',
      )
      const answerTo = (index: number) => exchanges.find(({ request }) => request.path === `/${index}`)
      for (const [index, one] of [...made.entries()].reverse()) {
        await answerTo(index)?.answer(200, utf8Bytes(`answer ${index}`))
        const told = await outcome(one, 'CALL-21')
        demand(
          told.ok && told.answer.body === `answer ${index}`,
          'CALL-21',
          `request ${index} got another's answer`,
        )
      }
    },
  },
]
