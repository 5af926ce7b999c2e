import { LINK_HIGH_WATER_BYTES } from '@realer-device/host'
import { patternBytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { LinkBench, Pair } from '../bench.ts'
import type { LinkCase } from '../case.ts'

const ANSWER_BYTES = 1_048_576
/** More than any transport's own buffers hold: with so much sent and not read, bytes do wait in the link. */
const MOST_QUESTIONS = 96
/** With nothing handed over for so long, the link has stopped. A slow link that had not yet stopped passes as well. */
const STOPPED_MS = 500

/** A pair whose link answers each byte with a MiB. */
function answeringPair(pair: LinkBench['pair'], answer: Uint8Array): Promise<Pair> {
  return pair({
    onBytes(link, bytes) {
      for (const _ of bytes) link.send(answer)
    },
  })
}

/**
 * The peer, which reads nothing, asks with one byte at a time, and goes on when it was handed over. Returns how many
 * were asked when the link has stopped to hand over.
 */
async function askUntilItStops({ link, peer }: Pair, { pause }: LinkBench): Promise<number> {
  await peer.pause()
  for (let asked = 1; asked <= MOST_QUESTIONS; asked++) {
    await peer.send(Uint8Array.of(asked))
    for (let waitedMs = 0; link.receivedBytes < asked && waitedMs < STOPPED_MS; waitedMs += 5) await pause(5)
    if (link.receivedBytes < asked) return asked
  }
  return MOST_QUESTIONS
}

export const backPressureCases: readonly LinkCase[] = [
  {
    clauses: ['LINK-22', 'LINK-23'],
    shows: 'a peer that asks and does not read is not heard any more; when it reads, all arrives, both ways',
    async run(bench) {
      const answer = patternBytes(ANSWER_BYTES, 81)
      const pair = await answeringPair(bench.pair, answer)
      const { link, peer } = pair
      const asked = await askUntilItStops(pair, bench)
      const heard = link.receivedBytes
      demand(
        heard < MOST_QUESTIONS,
        'LINK-22',
        `${heard} questions were handed over, with ${heard} MiB of answers that nobody reads`,
      )
      await peer.resume()
      await bench.until(
        () => link.receivedBytes === asked,
        'LINK-23',
        'the question that waited is handed over',
      )
      await bench.until(
        () => peer.receivedBytes === asked * ANSWER_BYTES,
        'LINK-23',
        `${asked} answers of ${ANSWER_BYTES} bytes arrive`,
      )
      await peer.send(Uint8Array.of(0))
      await bench.until(() => link.receivedBytes === asked + 1, 'LINK-23', 'the link hears again')
    },
  },
  {
    clauses: ['LINK-10', 'LINK-23'],
    shows: 'close while bytes wait and nothing is handed over: all arrives, and the link ends with client',
    async run(bench) {
      const pair = await answeringPair(bench.pair, patternBytes(ANSWER_BYTES, 82))
      const { link, peer } = pair
      await askUntilItStops(pair, bench)
      const answered = link.receivedBytes
      link.close()
      await peer.resume()
      await bench.until(
        () => peer.receivedBytes === answered * ANSWER_BYTES,
        'LINK-23',
        `${answered} answers of ${ANSWER_BYTES} bytes arrive`,
      )
      await bench.ends(link, 'client', 'LINK-10')
      await bench.isOver(peer, 'LINK-10')
    },
  },
  {
    clauses: ['LINK-12', 'LINK-23'],
    shows: 'destroy while bytes wait and nothing is handed over: the connection ends at once',
    async run(bench) {
      const pair = await answeringPair(bench.pair, patternBytes(ANSWER_BYTES, 83))
      await askUntilItStops(pair, bench)
      pair.link.destroy()
      await bench.isOver(pair.peer, 'LINK-12')
    },
  },
  {
    clauses: ['LINK-13', 'LINK-23'],
    shows: 'a peer that sends more than the mark of back-pressure, and ends, is heard to its last byte',
    async run({ pair, arrives, ends }) {
      const { link, peer } = await pair({ onBytes: (heard, bytes) => heard.send(bytes.slice()) })
      const sent = patternBytes(4 * LINK_HIGH_WATER_BYTES, 84)
      await peer.send(sent)
      await arrives(peer, sent, 'LINK-23')
      await peer.end()
      await ends(link, 'server', 'LINK-13')
      await arrives(link, sent, 'LINK-13')
    },
  },
]
