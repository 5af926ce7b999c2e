import { LARGEST_BODY_BYTES } from '@realer-device/host'
import { asciiBytes, differenceOf, utf8Bytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { CallerCase } from '../case.ts'

const TEXT = '{"place":"Zürich","sign":"✓","bell":"🔔","line":"a\\nb"}'
const STATUSES = [200, 201, 202, 203, 400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503, 504, 599]
const REDIRECTS = [301, 302, 303, 307, 308]

export const exchangeCases: readonly CallerCase[] = [
  {
    clauses: ['CALL-2', 'CALL-5', 'CALL-6'],
    shows:
      'method, path, query, headers and a body with letters of many bytes arrive, and the answer comes back',
    async run({ listen, call, arrival, outcome }) {
      const listener = await listen()
      const body = TEXT.repeat(4_000)
      const headers = {
        authorization: 'Bearer abc.DEF-123_~+/==',
        accept: 'application/json',
        'content-type': 'application/json',
      }
      const url = `${listener.origin}/a/b%20c?d=%C3%BC&e=1`
      const asked = call({ method: 'POST', url, headers, body })
      const exchange = await arrival(listener, 'CALL-5')
      const { request } = exchange
      demand(request.method === 'POST', 'CALL-5', `the method is ${request.method}`)
      demand(request.path === '/a/b%20c?d=%C3%BC&e=1', 'CALL-5', `the path is ${request.path}`)
      for (const [name, value] of Object.entries(headers))
        demand(request.headers[name] === value, 'CALL-5', `${name} is ${request.headers[name]}`)
      const difference = differenceOf(request.body, utf8Bytes(body))
      demand(difference === null, 'CALL-5', `the body differs: ${difference}`)
      await exchange.answer(201, utf8Bytes(TEXT), { 'content-type': 'application/json' })
      const told = await outcome(asked, 'CALL-6')
      demand(told.ok && told.answer.status === 201, 'CALL-6', 'the answer is not the one that was sent')
      demand(told.answer.body === TEXT, 'CALL-6', `the body is ${told.answer.body}`)
      demand(told.answer.retryAfterSeconds === null, 'CALL-12', 'there was no Retry-After')
    },
  },
  {
    clauses: ['CALL-5'],
    shows: 'GET, POST and PUT without a body have none, and an empty body is empty',
    async run({ listen, call, arrival, outcome }) {
      const listener = await listen()
      const requests = [
        { method: 'GET', body: null },
        { method: 'POST', body: null },
        { method: 'PUT', body: '' },
      ]
      for (const [index, asked] of requests.entries()) {
        const made = call({ ...asked, url: `${listener.origin}/` })
        const exchange = await arrival(listener, 'CALL-5', index)
        const { method, body } = exchange.request
        demand(method === asked.method, 'CALL-5', `the method is ${method}`)
        demand(body.length === 0, 'CALL-5', `${method} came with ${body.length} bytes`)
        await exchange.answer(200)
        await outcome(made, 'CALL-6')
      }
    },
  },
  {
    clauses: ['CALL-6'],
    shows: 'every status is an answer, with and without a body',
    async run({ listen, call, arrival, outcome }) {
      const listener = await listen()
      for (const [index, status] of [...STATUSES, 204].entries()) {
        const made = call({ url: `${listener.origin}/` })
        const body = status === 204 ? '' : `{"code":${status}}`
        await (await arrival(listener, 'CALL-6', index)).answer(
          status,
          status === 204 ? undefined : utf8Bytes(body),
        )
        const told = await outcome(made, 'CALL-6')
        demand(told.ok, 'CALL-6', `${status} was no answer: ${told.ok ? '' : told.failure}`)
        demand(told.answer.status === status, 'CALL-6', `${status} was told as ${told.answer.status}`)
        demand(told.answer.body === body, 'CALL-6', `the body of ${status} is ${told.answer.body}`)
      }
    },
  },
  {
    clauses: ['CALL-7'],
    shows: 'no redirect is followed, wherever it leads',
    async run({ listen, call, arrival, outcome, quiet }) {
      const listener = await listen()
      for (const [index, status] of REDIRECTS.entries()) {
        const made = call({ url: `${listener.origin}/`, headers: { authorization: 'Bearer abc' } })
        const location = `${listener.origin}/elsewhere`
        await (await arrival(listener, 'CALL-7', index)).answer(status, undefined, { location })
        await outcome(made, 'CALL-7')
        await quiet()
        const { length } = listener.exchanges
        demand(length === index + 1, 'CALL-7', `${status} was followed`)
      }
    },
  },
  {
    clauses: ['CALL-8'],
    shows: 'a redirect is told as an answer',
    needs: ['showsRedirects'],
    async run({ listen, call, arrival, outcome }) {
      const listener = await listen()
      for (const [index, status] of REDIRECTS.entries()) {
        const made = call({ url: `${listener.origin}/` })
        const headers = { location: `${listener.origin}/elsewhere`, 'retry-after': '9' }
        await (await arrival(listener, 'CALL-8', index)).answer(status, utf8Bytes('{}'), headers)
        const told = await outcome(made, 'CALL-8')
        demand(told.ok && told.answer.status === status, 'CALL-8', `${status} was told as something else`)
      }
    },
  },
  {
    clauses: ['CALL-9'],
    shows: 'a body of 1 MiB is read, in pieces too',
    async run({ listen, call, arrival, outcome }) {
      const listener = await listen()
      const made = call({ url: `${listener.origin}/` })
      const exchange = await arrival(listener, 'CALL-9')
      await exchange.head(200, {})
      // A letter of two bytes begins at an odd place, so that pieces cut letters.
      await exchange.write(asciiBytes('x'))
      const piece = utf8Bytes('ü'.repeat(1_000))
      let written = 1
      for (; written + piece.length < LARGEST_BODY_BYTES; written += piece.length) await exchange.write(piece)
      await exchange.write(asciiBytes('y'.repeat(LARGEST_BODY_BYTES - written)))
      await exchange.end()
      const told = await outcome(made, 'CALL-9')
      demand(told.ok, 'CALL-9', `it was no answer: ${told.ok ? '' : told.failure}`)
      const letters = (written - 1) / 2
      const expected = `x${'ü'.repeat(letters)}${'y'.repeat(LARGEST_BODY_BYTES - written)}`
      demand(told.answer.body === expected, 'CALL-9', 'the body is not the one that was sent')
    },
  },
  {
    clauses: ['CALL-9'],
    shows: 'a body of one byte more is malformed, and one without an end is given up',
    async run({ listen, call, arrival, fails, until }) {
      const listener = await listen()
      const long = call({ url: `${listener.origin}/` })
      await (await arrival(listener, 'CALL-9')).answer(200, new Uint8Array(LARGEST_BODY_BYTES + 1).fill(0x20))
      await fails(long, ['malformed'], 'CALL-9')
      const endless = call({ url: `${listener.origin}/` })
      const exchange = await arrival(listener, 'CALL-9', 1)
      await exchange.head(200, {})
      await exchange.write(new Uint8Array(2 * LARGEST_BODY_BYTES).fill(0x20))
      await fails(endless, ['malformed'], 'CALL-9')
      await until(() => exchange.isGone, 'CALL-9', 'the connection ends')
    },
  },
  {
    clauses: ['CALL-10'],
    shows: 'a body that is not UTF-8 is malformed: a broken letter, one that is cut, a surrogate, Latin-1',
    async run({ listen, call, arrival, fails }) {
      const listener = await listen()
      const bodies = [
        [0xc3, 0x28],
        [0x7b, 0xe2, 0x82],
        [0xed, 0xa0, 0x80],
        [0x5a, 0xfc, 0x72, 0x69, 0x63, 0x68],
      ]
      for (const [index, body] of bodies.entries()) {
        const made = call({ url: `${listener.origin}/` })
        await (await arrival(listener, 'CALL-10', index)).answer(200, Uint8Array.from(body))
        await fails(made, ['malformed'], 'CALL-10')
      }
    },
  },
  {
    clauses: ['CALL-12'],
    shows: 'Retry-After in seconds and as a date; what is neither, or is not there, is null',
    async run({ listen, call, arrival, outcome }) {
      const listener = await listen()
      const inAMinute = new Date(Date.now() + 60_000).toUTCString()
      const anHourAgo = new Date(Date.now() - 3_600_000).toUTCString()
      const cases: readonly (readonly [string, number | null, number | null])[] = [
        ['0', 0, 0],
        ['120', 120, 120],
        // A machine that is busy, or that rounds, may be some seconds off.
        [inAMinute, 1, 61],
        [anHourAgo, 0, 0],
        ['-5', null, null],
        ['1.5', null, null],
        ['soon', null, null],
        ['2026-04-29', null, null],
      ]
      for (const [index, [header, least, most]] of cases.entries()) {
        const made = call({ url: `${listener.origin}/` })
        const headers = { 'retry-after': header }
        await (await arrival(listener, 'CALL-12', index)).answer(503, utf8Bytes('{}'), headers)
        const told = await outcome(made, 'CALL-12')
        const seconds = told.ok ? told.answer.retryAfterSeconds : undefined
        const isRight =
          least === null || most === null
            ? seconds === null
            : typeof seconds === 'number' && seconds >= least && seconds <= most
        demand(isRight, 'CALL-12', `Retry-After: ${header} was told as ${seconds} seconds`)
      }
    },
  },
]
