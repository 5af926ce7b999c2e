import { asciiBytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { LinkCase } from '../case.ts'

const TIMEOUT_MS = 200
/** With so much time every peer that answers is reached. */
const LONGEST_TIMEOUT_MS = 10_000
/** A timer may fire early by a little (see `Clock`). */
const EARLY_MS = 20
const OTHER_SCHEMES = ['mqtt', 'mqtts', 'tcp', 'tls', 'ws', 'wss', 'http', 'https', 'xmqtts', 'mqttss']
const nonsense = (scheme: string): string[] => [
  '',
  ' ',
  'nonsense',
  '://',
  '\u0000',
  `${scheme}:`,
  `${scheme}://`,
  `${scheme}://:8883`,
  `${scheme}://[::1`,
  `${scheme}://host:65536`,
  `${scheme}://host:port`,
  `${scheme}://two words`,
  `${scheme}://host\r\nhost`,
]

export const openingCases: readonly LinkCase[] = [
  {
    clauses: ['LINK-8'],
    shows: 'what is sent before the link is open does not arrive',
    async run({ listen, open, until, arrives }) {
      const listener = await listen()
      const link = open(listener.url)
      link.send(asciiBytes('too early'))
      await until(() => link.isOpen, 'LINK-3', 'the link opens')
      await until(() => listener.peers.length === 1, 'LINK-3', 'the peer has the link')
      link.send(asciiBytes('in time'))
      const [peer] = listener.peers
      if (peer !== undefined) await arrives(peer, asciiBytes('in time'), 'LINK-8')
    },
  },
  {
    clauses: ['LINK-16'],
    shows: 'a link that was open in time lasts longer than the time for opening',
    async run({ listen, open, until, pause, arrives }) {
      const listener = await listen()
      // On a machine that is busy, a short time may not be enough: then a longer one is tried.
      for (let timeoutMs = TIMEOUT_MS; ; timeoutMs *= 2) {
        const before = listener.peers.length
        const link = open(listener.url, {}, timeoutMs)
        await until(
          () => link.isOpen || link.end?.cause === 'timeout',
          'LINK-16',
          'the link opens, or is given up',
        )
        if (!link.isOpen) {
          demand(timeoutMs < LONGEST_TIMEOUT_MS, 'LINK-16', `given up though it had ${timeoutMs} ms`)
          continue
        }
        await pause(2 * timeoutMs)
        demand(link.end === null, 'LINK-16', `an open link ended after ${timeoutMs} ms`)
        await until(() => listener.peers.length > before, 'LINK-3', 'the peer has the link')
        const peer = listener.peers.at(-1)
        link.send(asciiBytes('still here'))
        if (peer !== undefined) await arrives(peer, asciiBytes('still here'), 'LINK-16')
        return
      }
    },
  },
  {
    clauses: ['LINK-16'],
    shows: 'a peer that takes the connection and says nothing is given up in time, and not sooner',
    needs: ['listenSilently'],
    async run({ setup, listen, open, ends, now }) {
      const listener = await listen(setup.listenSilently)
      const startedAt = now()
      const link = open(listener.url, {}, TIMEOUT_MS)
      await ends(link, 'timeout', 'LINK-16')
      const tookMs = now() - startedAt
      demand(tookMs >= TIMEOUT_MS - EARLY_MS, 'LINK-16', `given up after ${tookMs} ms, and not ${TIMEOUT_MS}`)
      demand(!link.isOpen, 'LINK-16', 'the link was told to be open')
    },
  },
  {
    clauses: ['LINK-15'],
    shows: 'an address at which nothing listens',
    needs: ['closedAddress'],
    async run({ setup, open, ends }) {
      const link = open((await setup.closedAddress?.()) ?? '')
      await ends(link, 'network', 'LINK-15')
      demand(!link.isOpen, 'LINK-15', 'the link was told to be open')
    },
  },
  ...(['listenUntrusted', 'listenAsAnother', 'listenWithoutTls'] as const).flatMap((peerOf): LinkCase[] => {
    const what = {
      listenUntrusted: 'a peer whose certificate no one vouches for',
      listenAsAnother: 'a peer whose certificate has another name',
      listenWithoutTls: 'a peer that speaks no TLS',
    }[peerOf]
    const clause = peerOf === 'listenAsAnother' ? 'LINK-18' : 'LINK-17'
    return [
      {
        clauses: [clause],
        shows: `${what} gets no byte, and no link opens`,
        needs: [peerOf],
        async run({ setup, listen, open, until }) {
          const listener = await listen(setup[peerOf])
          const link = open(listener.url, { onOpen: (opened) => opened.send(asciiBytes('a password')) })
          await until(() => link.end !== null || link.isOpen, clause, 'the link ends')
          demand(!link.isOpen, clause, 'the link was told to be open')
          const cause = link.end?.cause
          demand(cause === 'tls' || cause === 'network', clause, `it ended with ${cause}`)
          const heard = listener.peers.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
          demand(heard === 0, clause, `the peer got ${heard} bytes`)
        },
      },
      {
        clauses: ['LINK-19'],
        shows: `${what} is told as such`,
        needs: [peerOf, 'tellsTls'],
        async run({ setup, listen, open, ends }) {
          const listener = await listen(setup[peerOf])
          await ends(open(listener.url), 'tls', 'LINK-19')
        },
      },
    ]
  }),
  {
    clauses: ['LINK-20'],
    shows: 'an address of another scheme is not connected to',
    async run({ setup, listen, open, ends, quiet }) {
      const listener = await listen()
      const usable = setup.schemes ?? ['mqtts']
      for (const scheme of OTHER_SCHEMES.filter((one) => !usable.includes(one))) {
        const link = open(listener.url.replace(/^[^:]*/, scheme))
        await ends(link, 'unusable', 'LINK-20')
      }
      await quiet()
      const connections = await listener.connections()
      demand(connections === 0, 'LINK-20', `${connections} connections were made`)
    },
  },
  {
    clauses: ['LINK-1', 'LINK-2', 'LINK-20'],
    shows: 'nonsense for an address is unusable, and nothing throws',
    async run({ setup, open, ends }) {
      for (const url of nonsense(setup.schemes?.[0] ?? 'mqtts')) await ends(open(url), 'unusable', 'LINK-20')
    },
  },
  {
    clauses: ['LINK-20', 'LINK-21'],
    shows: 'an address with a user and a password is unusable, and neither is told',
    async run({ listen, open, ends }) {
      const listener = await listen()
      const link = open(listener.url.replace('://', '://canary-user:canary-word@'))
      await ends(link, 'unusable', 'LINK-20')
      demand(!/canary/.test(link.end?.detail ?? ''), 'LINK-21', `the detail is: ${link.end?.detail}`)
      const connections = await listener.connections()
      demand(connections === 0, 'LINK-20', `${connections} connections were made`)
    },
  },
]
