import { asciiBytes, patternBytes } from '../../bytes.ts'
import { demand } from '../../watch.ts'
import type { LinkCase } from '../case.ts'

export const endCases: readonly LinkCase[] = [
  {
    clauses: ['LINK-9', 'LINK-13'],
    shows: 'the peer sends some MiB and ends: all of them come, and then server',
    async run({ pair, arrives, ends }) {
      const { link, peer } = await pair()
      const sent = patternBytes(2_000_000, 51)
      await peer.send(sent)
      await peer.end()
      await ends(link, 'server', 'LINK-13')
      await arrives(link, sent, 'LINK-13')
    },
  },
  {
    clauses: ['LINK-8', 'LINK-13'],
    shows: 'the peer ends a link on which nothing was said; what is sent afterwards does nothing',
    async run({ pair, ends, quiet }) {
      const { link, peer } = await pair()
      await peer.end()
      await ends(link, 'server', 'LINK-13')
      link.send(asciiBytes('too late'))
      link.close()
      await quiet()
      demand(peer.receivedBytes === 0, 'LINK-8', `the peer got ${peer.receivedBytes} bytes after the end`)
    },
  },
  {
    clauses: ['LINK-9', 'LINK-14'],
    shows: 'the peer breaks the connection: network, once',
    async run({ pair, ends }) {
      const { link, peer } = await pair()
      await peer.reset()
      await ends(link, 'network', 'LINK-14')
    },
  },
  {
    clauses: ['LINK-14', 'LINK-21'],
    shows: 'a connection that breaks in full flow ends with network, and its detail holds none of the bytes',
    async run({ pair, until, ends }) {
      const { link, peer } = await pair()
      link.send(asciiBytes('canary-sent '.repeat(10)))
      await peer.send(asciiBytes('canary-told '.repeat(10)))
      await until(() => link.receivedBytes === 120, 'LINK-6', 'what the peer says comes')
      await until(() => peer.receivedBytes === 120, 'LINK-4', 'what was sent arrives')
      await peer.reset()
      await ends(link, 'network', 'LINK-14')
      demand(!/canary/.test(link.end?.detail ?? ''), 'LINK-21', `the detail is: ${link.end?.detail}`)
    },
  },
]
