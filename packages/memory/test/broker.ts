import type { MemoryPeer, MemoryPeerEvents } from '../src/index.ts'

/** One packet that a device has sent: its type, and what follows the fixed header. */
interface Packet {
  readonly type: number
  readonly rest: Uint8Array
}

/** What a broker has seen, and where its connections are. */
export interface ScriptedBroker {
  accept(peer: MemoryPeer): MemoryPeerEvents
  /** The packets that came, by name, each connection's in a list of its own. */
  readonly seen: readonly string[][]
  /** The payloads that were published. */
  readonly published: readonly string[]
}

const names: { readonly [type: number]: string } = {
  1: 'CONNECT',
  3: 'PUBLISH',
  8: 'SUBSCRIBE',
  12: 'PINGREQ',
  14: 'DISCONNECT',
}

/** Takes packets off the bytes as they come, however they are chopped. */
function createPacketReader(take: (packet: Packet) => void): (bytes: Uint8Array) => void {
  let held: number[] = []
  return (bytes) => {
    held.push(...bytes)
    for (;;) {
      let length = 0
      let at = 1
      for (let shift = 0; ; shift += 7) {
        const byte = held[at++]
        if (byte === undefined) return
        length |= (byte & 127) << shift
        if (byte < 128) break
      }
      const [first = 0] = held
      if (held.length < at + length) return
      const rest = Uint8Array.from(held.slice(at, at + length))
      held = held.slice(at + length)
      take({ type: first >> 4, rest })
    }
  }
}

/**
 * A broker that says yes to everything, and acknowledges each report on `ackTopic` as Realer does: enough MQTT 5 for a
 * device to live on.
 */
export function createScriptedBroker(ackTopic: string): ScriptedBroker {
  const seen: string[][] = []
  const published: string[] = []
  return {
    seen,
    published,
    accept(peer) {
      const mine: string[] = []
      seen.push(mine)
      const send = (...bytes: number[]): void => peer.send(Uint8Array.from(bytes))
      const read = createPacketReader(({ type, rest }) => {
        mine.push(names[type] ?? `type ${type}`)
        const view = Buffer.from(rest)
        if (type === 1) send(0x20, 3, 0, 0, 0)
        if (type === 8) send(0x90, 4, view.readUInt8(0), view.readUInt8(1), 0, 1)
        if (type === 12) send(0xd0, 0)
        if (type !== 3) return
        const idAt = 2 + view.readUInt16BE(0)
        const payload = view.toString('utf8', idAt + 3)
        published.push(payload)
        send(0x40, 2, view.readUInt8(idAt), view.readUInt8(idAt + 1))
        const { message_id } = JSON.parse(payload) as { message_id: string }
        const ack = JSON.stringify({ version: 1, status: 'accepted', retryable: false, message_id })
        const text = Buffer.from(ack)
        send(
          0x30,
          3 + ackTopic.length + text.length,
          0,
          ackTopic.length,
          ...Buffer.from(ackTopic),
          0,
          ...text,
        )
      })
      return { onBytes: read, onOver: () => void mine.push('over') }
    },
  }
}
