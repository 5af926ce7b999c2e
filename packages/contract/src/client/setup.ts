import type { Clock, OpenMqtt } from '@realer-device/host'

/** A packet of the client, in plain data. */
export type ClientPacket =
  | {
      readonly type: 'connect'
      readonly protocolVersion: number
      readonly clientId: string
      readonly username: string | null
      readonly password: string | null
      readonly cleanStart: boolean
      readonly keepAliveSeconds: number
      readonly sessionExpirySeconds: number
      readonly will: {
        readonly topic: string
        readonly payload: string
        readonly qos: number
        readonly retain: boolean
        readonly delaySeconds: number
      } | null
    }
  | {
      readonly type: 'subscribe'
      readonly packetId: number
      readonly topics: readonly { readonly topic: string; readonly qos: number }[]
    }
  | {
      readonly type: 'publish'
      readonly packetId: number
      readonly topic: string
      readonly payload: string
      readonly qos: number
      readonly retain: boolean
      readonly dup: boolean
    }
  | { readonly type: 'puback'; readonly packetId: number; readonly reasonCode: number }
  | { readonly type: 'pingreq' }
  | { readonly type: 'disconnect'; readonly reasonCode: number }
  /** Any other packet, by its name. */
  | { readonly type: 'other'; readonly name: string }

/** The packet of this type. */
export type ClientPacketOf<Type extends ClientPacket['type']> = Extract<ClientPacket, { type: Type }>

/** A packet of the broker, in plain data; what is left out is not in the packet. */
export type BrokerPacket =
  | {
      readonly type: 'connack'
      readonly reasonCode: number
      readonly receiveMaximum?: number
      readonly maximumPacketSize?: number
      readonly serverKeepAliveSeconds?: number
    }
  | { readonly type: 'suback'; readonly packetId: number; readonly reasonCodes: readonly number[] }
  | { readonly type: 'puback'; readonly packetId: number; readonly reasonCode: number }
  | {
      readonly type: 'publish'
      readonly topic: string
      readonly payload: string
      readonly qos: 0 | 1
      /** Not with QoS 0. */
      readonly packetId?: number
    }
  | { readonly type: 'pingresp' }
  | { readonly type: 'disconnect'; readonly reasonCode: number }

/** The broker's side of one connection, in the hands of the kit. */
export interface BrokerPeer {
  /** Sends packets, together. */
  send(...packets: readonly BrokerPacket[]): void | Promise<void>
  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void | Promise<void>
  /** Ends in good order, without DISCONNECT. */
  end(): void | Promise<void>
}

/** What a peer tells the kit. */
export interface BrokerPeerEvents {
  onPacket(packet: ClientPacket): void
  /** The connection is gone, whoever ended it. */
  onOver(): void
}

/** Somewhere that clients connect to. */
export interface BrokerListener {
  readonly url: string
  /** How many connections came to it, those too that were given up before a link was open. */
  connections(): number | Promise<number>
  /** Ends it, and every connection that is left. */
  stop(): void | Promise<void>
}

/** Begins to listen, at an address of its own. `accept` is called for each connection that is open. */
export type ListenForClients = (accept: (peer: BrokerPeer) => BrokerPeerEvents) => Promise<BrokerListener>

/**
 * What the kit needs to try an MQTT client: the client, and brokers that do nothing but what the kit says. A case that needs
 * what is not given is left out, and `clientCasesLeftOut` names it.
 */
export interface ClientSetup {
  readonly openMqtt: OpenMqtt
  /** A broker that the client can verify. */
  readonly listen: ListenForClients
  /** A broker whose certificate comes from an authority that the client does not know. */
  readonly listenUntrusted?: ListenForClients
  /** A broker that takes connections, and never finishes the handshake. */
  readonly listenSilently?: ListenForClients
  /** The time that the kit waits by. Default: the engine's timers. */
  readonly clock?: Clock
  /** How long the kit waits for what must come, in ms. Default: 10,000. */
  readonly limitMs?: number
}
