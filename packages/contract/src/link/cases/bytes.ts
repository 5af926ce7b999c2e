import { asciiBytes, joinBytes, patternBytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { LinkCase } from '../case.ts'

/** Around the places where packets, records, frames and buffers end. */
const SIZES = [
  1, 0, 2, 3, 125, 126, 127, 128, 1_000, 4_095, 4_096, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 1,
  1_048_577, 3_000_001, 1,
]

const pieces = (seed: number): Uint8Array[] => SIZES.map((size, index) => patternBytes(size, seed + index))

export const byteCases: readonly LinkCase[] = [
  {
    clauses: ['LINK-3', 'LINK-4'],
    shows: 'what is sent in pieces from no byte to some MiB arrives in order and complete',
    async run({ pair, arrives }) {
      const { link, peer } = await pair()
      const sent = pieces(1)
      for (const piece of sent) link.send(piece)
      await arrives(peer, joinBytes(sent), 'LINK-4')
    },
  },
  {
    clauses: ['LINK-4'],
    shows:
      'a thousand small sends arrive in order and complete, also where each waits for an answer of the one before',
    async run({ pair, arrives, until }) {
      const { link, peer } = await pair()
      const sent = Array.from({ length: 1_000 }, (_, index) => patternBytes(1 + (index % 40), index))
      for (const piece of sent.slice(0, 990)) link.send(piece)
      await arrives(peer, joinBytes(sent.slice(0, 990)), 'LINK-4')
      for (const [index, piece] of sent.slice(990).entries()) {
        link.send(piece)
        await arrives(peer, joinBytes(sent.slice(0, 991 + index)), 'LINK-4')
        await peer.send(Uint8Array.of(index))
        await until(() => link.receivedBytes === index + 1, 'LINK-6', 'the answer of one byte comes')
      }
    },
  },
  {
    clauses: ['LINK-5'],
    shows: 'a view into a larger buffer is sent as the view, and is left as it was',
    async run({ pair, arrives }) {
      const { link, peer } = await pair()
      const whole = patternBytes(70_000, 5)
      const kept = whole.slice()
      link.send(whole.subarray(10, 20))
      link.send(whole.subarray(4_000, 69_000))
      await arrives(peer, joinBytes([kept.subarray(10, 20), kept.subarray(4_000, 69_000)]), 'LINK-5')
      demand(
        whole.every((byte, at) => byte === kept[at]),
        'LINK-5',
        'the buffer of what was sent has changed',
      )
    },
  },
  {
    clauses: ['LINK-6'],
    shows: 'what the peer sends in pieces from no byte to some MiB comes in order and complete',
    async run({ pair, arrives }) {
      const { link, peer } = await pair()
      const sent = pieces(100)
      for (const piece of sent) await peer.send(piece)
      await arrives(link, joinBytes(sent), 'LINK-6')
    },
  },
  {
    clauses: ['LINK-6'],
    shows: 'single bytes of the peer come in order, chopped or joined',
    async run({ pair, arrives }) {
      const { link, peer } = await pair()
      const sent = patternBytes(500, 7)
      for (const byte of sent) await peer.send(Uint8Array.of(byte))
      await arrives(link, sent, 'LINK-6')
    },
  },
  {
    clauses: ['LINK-7'],
    shows: 'both directions carry some MiB at one time, and neither waits for the end of the other',
    async run({ pair, arrives, until }) {
      const { link, peer } = await pair()
      const there = patternBytes(2_000_000, 11)
      const back = patternBytes(2_000_000, 12)
      link.send(there)
      await peer.send(back)
      await arrives(peer, there, 'LINK-7')
      await arrives(link, back, 'LINK-7')
      link.send(asciiBytes('question'))
      await until(() => peer.receivedBytes === there.length + 8, 'LINK-7', 'a question arrives')
      await peer.send(asciiBytes('answer'))
      await until(() => link.receivedBytes === back.length + 6, 'LINK-7', 'its answer comes')
    },
  },
  {
    clauses: ['LINK-25'],
    shows: 'two links to one listener do not mix, and the end of one leaves the other alone',
    async run({ pair, arrives, isOver }) {
      const first = await pair()
      const second = await pair({}, first.listener)
      const toFirst = patternBytes(100_000, 21)
      const toSecond = patternBytes(100_001, 22)
      const fromFirst = patternBytes(100_002, 23)
      const fromSecond = patternBytes(100_003, 24)
      first.link.send(fromFirst)
      second.link.send(fromSecond)
      await first.peer.send(toFirst)
      await second.peer.send(toSecond)
      await arrives(first.peer, fromFirst, 'LINK-25')
      await arrives(second.peer, fromSecond, 'LINK-25')
      await arrives(first.link, toFirst, 'LINK-25')
      await arrives(second.link, toSecond, 'LINK-25')
      first.link.destroy()
      await isOver(first.peer, 'LINK-12')
      second.link.send(toFirst)
      await arrives(second.peer, joinBytes([fromSecond, toFirst]), 'LINK-25')
      demand(second.link.end === null, 'LINK-25', 'the end of one link has ended the other')
    },
  },
]
