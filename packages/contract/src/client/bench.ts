import type { MqttConnectRequest } from '@realer-device/host'
import { engineClock } from '../engine.ts'
import { createWatch, demand, type Watch } from '../watch.ts'
import { type ClientHooks, type ProbedClient, probeClient, type ToldEvent } from './probe.ts'
import type {
  BrokerListener,
  BrokerPacket,
  BrokerPeer,
  ClientPacket,
  ClientPacketOf,
  ClientSetup,
  ListenForClients,
} from './setup.ts'

/** A broker's side of a connection, and what it has heard. */
export interface HeardBroker extends BrokerPeer {
  readonly packets: readonly ClientPacket[]
  readonly isOver: boolean
  /** Waits for the next packet of this type that nobody has waited for. */
  next<Type extends ClientPacket['type']>(type: Type, clause: string): Promise<ClientPacketOf<Type>>
}

/** A listener and the connections that came to it. */
export interface HeardListener extends BrokerListener {
  readonly brokers: readonly HeardBroker[]
}

/** A connection after CONNECT, and its broker. */
export interface Pair {
  readonly client: ProbedClient
  readonly broker: HeardBroker
  readonly listener: HeardListener
}

/** How a pair comes about. */
export interface PairOptions {
  readonly request?: Partial<MqttConnectRequest>
  readonly hooks?: ClientHooks
  readonly connack?: Partial<Extract<BrokerPacket, { type: 'connack' }>>
  readonly listener?: HeardListener
}

/** What a case of the client kit works with. All that it opens ends with the case. */
export interface ClientBench extends Watch {
  readonly setup: ClientSetup
  listen(how?: ListenForClients): Promise<HeardListener>
  open(url: string, options?: Pick<PairOptions, 'request' | 'hooks'>): ProbedClient
  /** Opens a connection, and waits until its CONNECT is there. */
  connecting(options?: PairOptions): Promise<Pair>
  /** The same, with CONNACK, and waits until it was told. */
  connected(options?: PairOptions): Promise<Pair>
  /** Waits until the connection has ended, and gives how. */
  ends(client: ProbedClient, clause: string): Promise<NonNullable<ProbedClient['end']>>
  /** The same, and looks at the cause. */
  closes(client: ProbedClient, causes: readonly string[], clause: string): Promise<void>
  /** Waits for the first event of this type, now or later. */
  hears<Type extends ToldEvent['type']>(
    client: ProbedClient,
    type: Type,
    clause: string,
  ): Promise<Extract<ToldEvent, { type: Type }>>
  /** Waits until a connection was made, though no link is open. */
  reached(listener: HeardListener): Promise<void>
  /** A while in which what must not come could come. */
  quiet(): Promise<void>
}

const DEFAULT_LIMIT_MS = 10_000
const QUIET_MS = 30
const POLL_MS = 5

/** The request of a case that asks for nothing else. */
const plainRequest: Omit<MqttConnectRequest, 'readPassword' | 'url' | 'timeoutMs'> = {
  clientId: 'cdv_contract00000000000000000a',
  username: 'contract-user',
  cleanStart: true,
  sessionExpirySeconds: 0,
  will: null,
  keepAliveSeconds: 600,
}

/** Runs a case on a bench of its own. */
export async function onClientBench(
  setup: ClientSetup,
  run: (bench: ClientBench) => Promise<void>,
): Promise<void> {
  const clock = setup.clock ?? engineClock
  const limitMs = setup.limitMs ?? DEFAULT_LIMIT_MS
  const watch = createWatch(clock, limitMs)
  const listeners: BrokerListener[] = []
  const clients: ProbedClient[] = []

  async function first<Found>(look: () => Found | undefined, clause: string, what: string): Promise<Found> {
    await watch.until(() => look() !== undefined, clause, what)
    const found = look()
    demand(found !== undefined, clause, what)
    return found
  }

  const bench: ClientBench = {
    ...watch,
    setup,
    async listen(how = setup.listen) {
      const listener = await listenAndHear(how, watch, first)
      listeners.push(listener)
      return listener
    },
    open(url, { request = {}, hooks = {} } = {}) {
      const asked = { ...plainRequest, url, timeoutMs: limitMs, ...request }
      const client = probeClient(setup.openMqtt, asked, hooks, watch)
      clients.push(client)
      return client
    },
    async connecting({ listener: given, ...options } = {}) {
      const listener = given ?? (await bench.listen())
      const before = listener.brokers.length
      const client = bench.open(listener.url, options)
      const broker = await first(() => listener.brokers[before], 'CLIENT-4', 'the client connects')
      await first(() => broker.packets[0], 'CLIENT-4', 'CONNECT leaves')
      return { client, broker, listener }
    },
    async connected(options = {}) {
      const pair = await bench.connecting(options)
      await pair.broker.send({ type: 'connack', reasonCode: 0, ...options.connack })
      await bench.hears(pair.client, 'connected', 'CLIENT-8')
      return pair
    },
    ends: (client, clause) => first(() => client.end ?? undefined, clause, 'the connection ends'),
    async closes(client, causes, clause) {
      const end = await bench.ends(client, clause)
      const cause = end.type === 'closed' ? `${end.cause}: ${end.detail}` : end.type
      demand(end.type === 'closed' && causes.includes(end.cause), clause, `it ended with ${cause}`)
    },
    hears: (client, type, clause) =>
      first(
        () =>
          client.told.find(
            (event): event is Extract<ToldEvent, { type: typeof type }> => event.type === type,
          ),
        clause,
        `${type} is told`,
      ),
    async reached(listener) {
      for (const startedAt = clock.now(); (await listener.connections()) === 0; await watch.pause(POLL_MS))
        demand(clock.now() - startedAt < limitMs, 'CLIENT-7', 'no connection was made')
    },
    quiet: () => watch.pause(QUIET_MS),
  }

  try {
    await run(bench)
    await bench.quiet()
    watch.end()
  } finally {
    for (const client of clients) client.abort()
    for (const listener of listeners) await listener.stop()
  }
}

async function listenAndHear(
  how: ListenForClients,
  watch: Watch,
  first: <Found>(look: () => Found | undefined, clause: string, what: string) => Promise<Found>,
): Promise<HeardListener> {
  const brokers: HeardBroker[] = []
  const listener = await how((peer) => {
    const packets: ClientPacket[] = []
    const taken = new Set<ClientPacket>()
    let isOver = false
    brokers.push({
      send: (...given) => peer.send(...given),
      sendBytes: (bytes) => peer.sendBytes(bytes),
      end: () => peer.end(),
      packets,
      get isOver() {
        return isOver
      },
      async next<Type extends ClientPacket['type']>(type: Type, clause: string) {
        const isNext = (packet: ClientPacket): packet is ClientPacketOf<Type> =>
          packet.type === type && !taken.has(packet)
        const packet = await first(() => packets.find(isNext), clause, `${type} leaves`)
        taken.add(packet)
        return packet
      },
    })
    watch.changed()
    return {
      onPacket(packet) {
        packets.push(packet)
        watch.changed()
      },
      onOver() {
        isOver = true
        watch.changed()
      },
    }
  })
  return {
    url: listener.url,
    connections: () => listener.connections(),
    stop: () => listener.stop(),
    brokers,
  }
}
