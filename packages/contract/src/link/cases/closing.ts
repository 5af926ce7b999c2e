import { asciiBytes, patternBytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { LinkCase } from '../case.ts'

const late = asciiBytes('too late')

export const closingCases: readonly LinkCase[] = [
  {
    clauses: ['LINK-9', 'LINK-10'],
    shows:
      'close lets some MiB leave that were sent before it, and ends with client; a destroy then takes none back',
    async run({ pair, arrives, ends, isOver }) {
      const { link, peer } = await pair({ onClosed: (ended) => ended.destroy() })
      const sent = patternBytes(3_000_000, 31)
      link.send(sent)
      link.close()
      await arrives(peer, sent, 'LINK-10')
      await ends(link, 'client', 'LINK-10')
      await isOver(peer, 'LINK-10')
    },
  },
  {
    clauses: ['LINK-10'],
    shows: 'close loses nothing where the peer reads late, and has sent bytes that nobody asked for',
    async run({ pair, arrives, ends, isOver }) {
      const { link, peer } = await pair()
      await peer.pause()
      const sent = patternBytes(1_000_000, 32)
      link.send(sent)
      await peer.send(patternBytes(100_000, 33))
      link.close()
      await peer.send(patternBytes(100_000, 34))
      await peer.resume()
      await arrives(peer, sent, 'LINK-10')
      await ends(link, 'client', 'LINK-10')
      await isOver(peer, 'LINK-10')
    },
  },
  {
    clauses: ['LINK-2', 'LINK-8', 'LINK-9', 'LINK-11'],
    shows: 'close twice is one end; what is sent after it, and after the end, goes nowhere',
    async run({ pair, arrives, ends, isOver, quiet }) {
      const { link, peer } = await pair()
      const sent = asciiBytes('in time')
      link.send(sent)
      link.close()
      link.send(late)
      link.close()
      await ends(link, 'client', 'LINK-11')
      link.send(late)
      link.close()
      await isOver(peer, 'LINK-10')
      await quiet()
      await arrives(peer, sent, 'LINK-8')
    },
  },
  {
    clauses: ['LINK-11'],
    shows: 'close right after the call that opens ends with client, and the link never opens',
    async run({ listen, open, ends, quiet }) {
      const listener = await listen()
      const link = open(listener.url)
      link.close()
      link.close()
      await ends(link, 'client', 'LINK-11')
      await quiet()
      demand(!link.isOpen, 'LINK-11', 'the link was told to be open')
      const heard = listener.peers.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
      demand(heard === 0, 'LINK-11', `the peer got ${heard} bytes`)
    },
  },
  {
    clauses: ['LINK-11'],
    shows: 'close while the handshake waits ends with client',
    needs: ['listenSilently'],
    async run({ setup, listen, open, reached, ends }) {
      const listener = await listen(setup.listenSilently)
      const link = open(listener.url)
      await reached(listener)
      link.close()
      await ends(link, 'client', 'LINK-11')
    },
  },
  {
    clauses: ['LINK-2', 'LINK-12'],
    shows: 'destroy of an open link ends the connection, and nothing is told',
    async run({ pair, isOver, quiet }) {
      const { link, peer } = await pair()
      link.send(patternBytes(100_000, 41))
      await peer.send(patternBytes(100_000, 42))
      link.destroy()
      link.destroy()
      link.send(late)
      link.close()
      await isOver(peer, 'LINK-12')
      await quiet()
      demand(link.end === null, 'LINK-12', 'onClosed came after destroy')
    },
  },
  {
    clauses: ['LINK-12'],
    shows: 'destroy right after the call that opens: nothing is told, and no connection is left',
    async run({ listen, open, isOver, pair }) {
      const listener = await listen()
      const link = open(listener.url)
      link.destroy()
      link.destroy()
      link.close()
      // Another link comes and goes: what the first one was to tell would be there by then.
      const other = await pair({}, await listen())
      other.link.destroy()
      await isOver(other.peer, 'LINK-12')
      for (const peer of listener.peers) await isOver(peer, 'LINK-12')
      demand(!link.isOpen && link.end === null, 'LINK-12', 'an event came after destroy')
    },
  },
  {
    clauses: ['LINK-12'],
    shows: 'destroy while the handshake waits: nothing is told, not even the time-out',
    needs: ['listenSilently'],
    async run({ setup, listen, open, reached, pause }) {
      const listener = await listen(setup.listenSilently)
      const timeoutMs = 500
      const link = open(listener.url, {}, timeoutMs)
      await reached(listener)
      link.destroy()
      await pause(timeoutMs + 100)
    },
  },
  {
    clauses: ['LINK-12'],
    shows: 'destroy while a close waits: the close tells nothing any more',
    async run({ pair, isOver, quiet }) {
      const { link, peer } = await pair()
      await peer.pause()
      link.send(patternBytes(1_000_000, 43))
      link.close()
      link.destroy()
      await isOver(peer, 'LINK-12')
      await quiet()
      demand(link.end === null, 'LINK-12', 'onClosed came after destroy')
    },
  },
  {
    clauses: ['LINK-1', 'LINK-12'],
    shows: 'destroy, close and send after the end do nothing',
    async run({ pair, ends, quiet }) {
      const { link } = await pair()
      link.close()
      await ends(link, 'client', 'LINK-10')
      for (const _ of [1, 2]) {
        link.send(late)
        link.close()
        link.destroy()
      }
      await quiet()
    },
  },
]
