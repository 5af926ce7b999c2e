import { demand } from '../../watch.ts'
import type { CallerBench } from '../bench.ts'
import type { CallerCase } from '../case.ts'

const SECRET = 'canary-secret'

/** What every refusal must keep to itself (CRED-3). */
function holdsNoSecret(detail: string): void {
  demand(!detail.includes('canary'), 'CALL-20', `the detail is: ${detail}`)
}

async function isUntouched(
  { quiet }: CallerBench,
  listener: { connections(): number | Promise<number> },
  clause: string,
): Promise<void> {
  await quiet()
  const connections = await listener.connections()
  demand(connections === 0, clause, `${connections} connections were made`)
}

const unverified: readonly CallerCase[] = (
  ['listenUntrusted', 'listenAsAnother', 'listenWithoutTls'] as const
).flatMap((serverOf): CallerCase[] => {
  const what = {
    listenUntrusted: 'a server whose certificate no one vouches for',
    listenAsAnother: 'a server whose certificate has another name',
    listenWithoutTls: 'a server that speaks no TLS',
  }[serverOf]
  const clause = serverOf === 'listenAsAnother' ? 'CALL-16' : 'CALL-15'
  const headers = { authorization: `Bearer ${SECRET}` }
  return [
    {
      clauses: [clause, 'CALL-20'],
      shows: `${what} gets no request`,
      needs: [serverOf],
      async run({ setup, listen, call, fails, quiet }) {
        const listener = await listen(setup[serverOf])
        const made = call({ method: 'POST', url: `${listener.origin}/`, headers, body: SECRET })
        holdsNoSecret(await fails(made, ['tls', 'network'], clause))
        await quiet()
        const { length } = listener.exchanges
        demand(length === 0, clause, `${length} requests arrived`)
      },
    },
    {
      clauses: ['CALL-17'],
      shows: `${what} is told as such`,
      needs: [serverOf, 'tellsTls'],
      async run({ setup, listen, call, fails }) {
        const listener = await listen(setup[serverOf])
        await fails(call({ url: `${listener.origin}/` }), ['tls'], 'CALL-17')
      },
    },
  ]
})

export const refusalCases: readonly CallerCase[] = [
  ...unverified,
  {
    clauses: ['CALL-13', 'CALL-20'],
    shows: 'an address that is not https: is malformed, and nothing is connected',
    async run(bench) {
      const { listen, call, fails } = bench
      const listener = await listen()
      const headers = { authorization: `Bearer ${SECRET}` }
      for (const scheme of ['http', 'ws', 'wss', 'ftp', 'file', 'mqtts', 'httpss', 'xhttps']) {
        const url = `${listener.origin.replace(/^[^:]*/, scheme)}/`
        holdsNoSecret(await fails(call({ url, headers }), ['malformed'], 'CALL-13'))
      }
      await isUntouched(bench, listener, 'CALL-13')
    },
  },
  {
    clauses: ['CALL-1', 'CALL-2', 'CALL-3', 'CALL-13'],
    shows: 'nonsense for an address is malformed, once, and nothing throws',
    async run({ call, fails }) {
      const nonsense = [
        '',
        ' ',
        'nonsense',
        '//host/',
        '/path',
        'https:',
        'https://',
        'https://[::1',
        '\u0000',
      ]
      for (const url of [...nonsense, 'https://host:65536/', 'https://host:port/', 'https://two words/'])
        await fails(call({ url }), ['malformed'], 'CALL-13')
    },
  },
  {
    clauses: ['CALL-13', 'CALL-20'],
    shows: 'an address with a user and a password is malformed, and neither is told',
    async run(bench) {
      const { listen, call, fails } = bench
      const listener = await listen()
      const url = `${listener.origin.replace('://', `://canary-user:${SECRET}@`)}/`
      holdsNoSecret(await fails(call({ url }), ['malformed'], 'CALL-13'))
      await isUntouched(bench, listener, 'CALL-13')
    },
  },
  {
    clauses: ['CALL-1', 'CALL-14', 'CALL-20'],
    shows: 'a header or a method that cannot be sent is malformed, and its value is not told',
    async run(bench) {
      const { listen, call, fails } = bench
      const listener = await listen()
      const url = `${listener.origin}/`
      const requests = [
        { url, headers: { authorization: `Bearer ${SECRET}\r\nx-more: 1` } },
        { url, headers: { authorization: `Bearer ${SECRET}\u0000` } },
        { url, headers: { authorization: `Bearer ${SECRET} ✓` } },
        { url, headers: { 'no name': SECRET } },
        { url, headers: { '': SECRET } },
        { url, method: 'NO METHOD', headers: { authorization: `Bearer ${SECRET}` } },
        { url, method: '', headers: { authorization: `Bearer ${SECRET}` } },
        { url, method: 'GET\r\n', headers: { authorization: `Bearer ${SECRET}` } },
      ]
      for (const request of requests) holdsNoSecret(await fails(call(request), ['malformed'], 'CALL-14'))
      await isUntouched(bench, listener, 'CALL-14')
    },
  },
  {
    clauses: ['CALL-18', 'CALL-20'],
    shows: 'a port on which nothing listens is network',
    needs: ['closedAddress'],
    async run({ setup, call, fails }) {
      const url = `${(await setup.closedAddress?.()) ?? ''}/`
      const headers = { authorization: `Bearer ${SECRET}` }
      holdsNoSecret(await fails(call({ method: 'POST', url, headers, body: SECRET }), ['network'], 'CALL-18'))
    },
  },
]
