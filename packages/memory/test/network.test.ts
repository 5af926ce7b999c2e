import { LINK_HIGH_WATER_BYTES, type LinkEvents } from '@realer-device/host'
import { describe, expect, it } from 'vitest'
import {
  createMemoryNetwork,
  createVirtualClock,
  type MemoryNetworkOptions,
  type MemoryPeer,
  type MemoryPeerEvents,
  seededRandom,
} from '../src/index.ts'

/** A network whose events are written down with their moments. */
function createStage(seed: number, given: Partial<MemoryNetworkOptions> = {}) {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(seed), latencyMs: 10, ...given })
  const log: string[] = []
  const peers: MemoryPeer[] = []
  const note = (what: string) => log.push(`${clock.now()} ${what}`)
  const accept = (peer: MemoryPeer): MemoryPeerEvents => {
    peers.push(peer)
    note('accepted')
    return { onBytes: (bytes) => note(`peer got ${bytes.length}`), onOver: () => note('peer over') }
  }
  const events: LinkEvents = {
    onOpen: () => note('open'),
    onBytes: (bytes) => note(`link got ${bytes.length}`),
    onClosed: (cause) => note(`closed ${cause}`),
  }
  const open = (url: string, timeoutMs = 1_000) => network.openLink({ url, timeoutMs }, events)
  const [peerAt] = [(index = 0) => peers[index] ?? expect.fail('no link has come')]
  return { clock, network, log, accept, open, peerAt }
}

describe('the network in memory', () => {
  it('takes its time for each way', () => {
    const { clock, network, log, accept, open, peerAt } = createStage(1, { largestChunkBytes: 1 })
    const link = open(network.listen(accept).url)
    clock.advance(20)
    link.send(new Uint8Array(2))
    clock.advance(10)
    peerAt().send(new Uint8Array(1))
    clock.advance(10)
    link.close()
    clock.advance(10)
    expect(log).toEqual([
      '10 accepted',
      '20 open',
      '30 peer got 1',
      '30 peer got 1',
      '40 link got 1',
      '40 closed client',
      '50 peer over',
    ])
  })

  it('runs the same way for the same seed, and another way for another', () => {
    const run = (seed: number): string[] => {
      const { clock, network, log, accept, open } = createStage(seed, {
        jitterMs: 50,
        largestChunkBytes: 100,
      })
      const link = open(network.listen(accept).url)
      clock.advance(200)
      for (let sent = 1; sent < 100; sent++) link.send(new Uint8Array(sent))
      link.close()
      clock.advance(10_000)
      return log
    }
    expect(run(7)).toEqual(run(7))
    expect(run(7)).not.toEqual(run(8))
    expect(run(7).length).toBeGreaterThan(50)
  })

  it('refuses where nobody listens, does not any more, or shall not', () => {
    const { clock, network, log, accept, open } = createStage(1)
    open('mqtts://nowhere')
    clock.advance(100)
    const listener = network.listen(accept, { url: 'mqtts://broker.example' })
    listener.fail({ kind: 'refuse' })
    open('mqtts://BROKER.example:8883/')
    clock.advance(100)
    listener.fail(null)
    listener.stop()
    open(listener.url)
    clock.advance(100)
    expect(log).toEqual(['20 closed network', '120 closed network', '220 closed network'])
    expect(listener.connections()).toBe(0)
  })

  it('cuts a connection now, and both ends are told', () => {
    const { clock, network, log, accept, open } = createStage(1)
    const listener = network.listen(accept)
    open(listener.url)
    clock.advance(20)
    listener.cut()
    clock.advance(100)
    expect(log.slice(2)).toEqual(['20 closed network', '20 peer over'])
  })

  it('cuts a connection when so many bytes have got through', () => {
    const { clock, network, log, accept, open, peerAt } = createStage(1, { largestChunkBytes: 1 })
    const listener = network.listen(accept, { fault: { kind: 'cut', afterBytes: 3 } })
    const link = open(listener.url)
    clock.advance(20)
    link.send(new Uint8Array(2))
    clock.advance(10)
    peerAt().send(new Uint8Array(5))
    clock.advance(100)
    expect(log.slice(2)).toEqual([
      '30 peer got 1',
      '30 peer got 1',
      '40 link got 1',
      '40 closed network',
      '40 peer over',
    ])
  })

  it('swallows everything from a byte on, and tells nobody', () => {
    const { clock, network, log, accept, open, peerAt } = createStage(1, { largestChunkBytes: 1 })
    const listener = network.listen(accept, { fault: { kind: 'swallow', afterBytes: 1 } })
    const link = open(listener.url)
    clock.advance(20)
    link.send(new Uint8Array(5))
    peerAt().send(new Uint8Array(5))
    peerAt().end()
    clock.advance(1_000_000)
    expect(log.slice(2)).toEqual(['30 peer got 1'])
    link.destroy()
    clock.advance(1_000_000)
    expect(log.slice(3)).toEqual([])
  })

  it('stops to read at exactly the mark of back-pressure, and begins again below it (CORE-5)', () => {
    const { clock, network, log, accept, open, peerAt } = createStage(1, { capacityBytes: 1_000 })
    const link = open(network.listen(accept).url)
    clock.advance(100)
    peerAt().pause()
    const say = (): string | undefined => {
      peerAt().send(new Uint8Array(1))
      clock.advance(100)
      return log.at(-1)?.replace(/^\d+ /, '')
    }
    // What fits between the ends has left; the rest waits.
    link.send(new Uint8Array(1_000))
    clock.advance(100)
    link.send(new Uint8Array(LINK_HIGH_WATER_BYTES))
    log.length = 0
    expect(say()).toBe('link got 1')
    link.send(new Uint8Array(1))
    log.length = 0
    expect(say()).toBeUndefined()
    peerAt().resume()
    clock.advance(100_000)
    expect(log.filter((line) => line.endsWith('link got 1'))).toHaveLength(1)
  })

  it('refuses to listen at what is no address of a broker', () => {
    const { network, accept } = createStage(1)
    expect(() => network.listen(accept, { url: 'mqtt://broker.example' })).toThrow(TypeError)
  })
})
