import { asciiBytes, joinBytes, patternBytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { LinkCase } from '../case.ts'

const hello = asciiBytes('hello')

export const handlerCases: readonly LinkCase[] = [
  {
    clauses: ['LINK-2', 'LINK-24'],
    shows: 'what is sent from inside onOpen and onBytes arrives in order',
    async run({ pair, arrives }) {
      const { link, peer } = await pair({
        onOpen: (opened) => opened.send(hello),
        onBytes: (heard, bytes) => heard.send(bytes.slice()),
      })
      await arrives(peer, hello, 'LINK-24')
      const sent = patternBytes(200_000, 61)
      await peer.send(sent)
      await arrives(link, sent, 'LINK-24')
      await arrives(peer, joinBytes([hello, sent]), 'LINK-24')
    },
  },
  {
    clauses: ['LINK-24'],
    shows: 'close from inside onOpen, after a send: the bytes arrive, and the link ends with client',
    async run({ listen, open, until, arrives, ends }) {
      const listener = await listen()
      const link = open(listener.url, {
        onOpen(opened) {
          opened.send(hello)
          opened.close()
        },
      })
      await ends(link, 'client', 'LINK-24')
      await until(() => listener.peers.length === 1, 'LINK-24', 'the peer has the link')
      const [peer] = listener.peers
      if (peer !== undefined) await arrives(peer, hello, 'LINK-24')
    },
  },
  {
    clauses: ['LINK-12', 'LINK-24'],
    shows: 'destroy from inside onOpen: nothing follows',
    async run({ listen, open, until, quiet, isOver }) {
      const listener = await listen()
      const link = open(listener.url, { onOpen: (opened) => opened.destroy() })
      await until(() => link.isOpen, 'LINK-3', 'the link opens')
      await quiet()
      for (const peer of listener.peers) await isOver(peer, 'LINK-12')
      demand(link.end === null, 'LINK-12', 'onClosed came after destroy')
    },
  },
  {
    clauses: ['LINK-12', 'LINK-24'],
    shows: 'destroy from inside onBytes: the bytes that wait are not handed over',
    async run({ pair, until, isOver, quiet }) {
      const { link, peer } = await pair({ onBytes: (heard) => heard.destroy() })
      for (const seed of [71, 72, 73]) await peer.send(patternBytes(100_000, seed))
      await until(() => link.receivedBytes > 0, 'LINK-6', 'bytes come')
      await isOver(peer, 'LINK-12')
      await quiet()
      demand(link.end === null, 'LINK-12', 'onClosed came after destroy')
    },
  },
  {
    clauses: ['LINK-24'],
    shows: 'close from inside onBytes, after an answer: the answer arrives, and the link ends with client',
    async run({ pair, arrives, ends }) {
      const { link, peer } = await pair({
        onBytes(heard) {
          heard.send(hello)
          heard.close()
        },
      })
      await peer.send(asciiBytes('?'))
      await arrives(peer, hello, 'LINK-24')
      await ends(link, 'client', 'LINK-24')
    },
  },
  {
    clauses: ['LINK-9', 'LINK-24'],
    shows: 'every call from inside onClosed does nothing',
    async run({ pair, ends, quiet }) {
      const { link, peer } = await pair({
        onClosed(ended) {
          ended.send(hello)
          ended.close()
          ended.destroy()
        },
      })
      await peer.end()
      await ends(link, 'server', 'LINK-13')
      await quiet()
    },
  },
]
