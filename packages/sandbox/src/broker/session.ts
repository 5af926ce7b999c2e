import { generate, type IConnectPacket, type ISubscribePacket, type Packet, parser } from 'mqtt-packet'
import type { Credential, Credentials } from '../credentials.ts'
import type { SandboxDevice } from '../device.ts'
import type { ConnectEntry, DisconnectEntry } from '../entries.ts'
import type { FaultBook } from '../faults.ts'
import type { WritableLedger } from '../ledger.ts'
import type { Settings } from '../options.ts'
import { REASON } from '../reason-codes.ts'
import type { Carrier } from './carrier.ts'
import { checkConnect, checkSubscription, type Violation } from './checks.ts'
import { createIncoming, type Incoming } from './incoming.ts'
import { createOutgoing, type Outgoing } from './outgoing.ts'
import type { Application } from './port.ts'

/** What a session needs of the broker around it. */
export interface SessionParts {
  device: SandboxDevice
  limits: Settings['limits']
  ledger: WritableLedger
  faults: FaultBook
  credentials: Credentials
  application: Application
  /** How many secrets of the sandbox stand in a text (AUTH-8). */
  secretsIn: (text: string) => number
  /** Whether a text is a Bearer token of ours, valid or not (AUTH-8). */
  isBearerToken: (text: string) => boolean
  /** Called when the session's CONNECT was accepted, before CONNACK: the place to end an older session. */
  connected: (session: Session) => void
}

/** One device connection: the broker's side of MQTT 5 for it. */
export interface Session {
  /** User name of the accepted CONNECT; undefined before it. */
  readonly username: string | undefined
  isSubscribed(topic: string): boolean
  /** Sends a QoS 1 publish; false where the device takes no packet of this size. */
  publish(topic: string, payload: string): boolean
  /** Ends the session with DISCONNECT. */
  end(reasonCode: number): void
  /** Ends the session with a TCP reset. */
  drop(): void
}

interface Online {
  credential: Credential
  will: IConnectPacket['will']
  incoming: Incoming
  outgoing: Outgoing
}

const CONNECT_TIMEOUT_MS = 10_000

/** Serves one connection until it closes. */
export function openSession(carrier: Carrier, parts: SessionParts): Session {
  const { device, limits, ledger, faults, application } = parts
  const packets = parser({ protocolVersion: 5 })
  const subscriptions = new Set<string>()
  let online: Online | undefined
  let over = false
  let silence = setTimeout(() => carrier.reset(), CONNECT_TIMEOUT_MS)

  function write(packet: Packet): void {
    carrier.write(generate(packet, { protocolVersion: 5 }))
  }

  function leave(how: DisconnectEntry['how'], reasonCode: number | null): void {
    if (over) return
    over = true
    clearTimeout(silence)
    if (online === undefined) return
    const { credential, will, incoming } = online
    ledger.write({ kind: 'disconnect', how, reasonCode, username: credential.username })
    // No session is kept, so the will's delay ends with it (MQTT 5, 3.1.3.2.2).
    if (how !== 'clean' && will !== undefined) incoming.publishWill(will)
  }

  function end(reasonCode: number): void {
    if (over) return
    leave('by-broker', reasonCode)
    if (online !== undefined) write({ cmd: 'disconnect', reasonCode })
    carrier.endSoon()
  }

  function drop(): void {
    leave('lost', null)
    carrier.reset()
  }

  function violated({ rule, detail }: Violation, reasonCode?: number): void {
    ledger.write({ kind: 'violation', rule, detail })
    if (reasonCode !== undefined) end(reasonCode)
  }

  function onConnect(packet: IConnectPacket): void {
    const { clientId, username = null } = packet
    const enter = (entry: Pick<ConnectEntry, 'outcome' | 'reasonCode' | 'refusal'>): void =>
      ledger.write({ kind: 'connect', clientId, username, ...entry })
    const refuse = (reasonCode: number, refusal: NonNullable<ConnectEntry['refusal']>): void => {
      leave('by-broker', reasonCode)
      enter({ outcome: 'refused', reasonCode, refusal })
      write({ cmd: 'connack', reasonCode, sessionPresent: false })
      carrier.endSoon()
    }

    if (parts.isBearerToken(packet.password?.toString() ?? '')) {
      violated({ rule: 'AUTH-8', detail: 'the Bearer token as MQTT password' })
    }
    const fault = faults.take('connect')
    if (fault !== undefined && 'refuse' in fault) {
      refuse(fault.refuse, 'fault')
      return
    }
    if (fault?.do === 'drop') {
      enter({ outcome: 'dropped', reasonCode: null, refusal: 'fault' })
      drop()
      return
    }
    if (fault?.do === 'hang') {
      enter({ outcome: 'hung', reasonCode: null, refusal: 'fault' })
      leave('lost', null)
      carrier.onClosed(faults.onClear(carrier.reset))
      return
    }
    const verdict = checkConnect(packet, device, parts.credentials)
    if ('credential' in verdict) {
      goOnline(packet, verdict.credential)
      enter({ outcome: 'accepted', reasonCode: REASON.success })
      acceptConnect(packet)
      return
    }
    if (verdict.violation !== undefined) violated(verdict.violation)
    refuse(verdict.reasonCode, verdict.refusal)
  }

  function goOnline(packet: IConnectPacket, credential: Credential): void {
    const puback = (messageId: number, reasonCode: number): void => {
      if (!over) write({ cmd: 'puback', messageId, reasonCode })
    }
    const isSubscribed = (topic: string): boolean => subscriptions.has(topic)
    online = {
      credential,
      will: packet.will,
      incoming: createIncoming({ ...parts, credential, isSubscribed, puback, violated, drop }),
      outgoing: createOutgoing(packet.properties ?? {}, carrier.write),
    }
    online.incoming.beginChunk()
    parts.connected(session)
  }

  function acceptConnect(packet: IConnectPacket): void {
    const asked = packet.keepalive ?? 0
    const keepAliveSeconds = asked === 0 ? limits.keepAliveSeconds : Math.min(asked, limits.keepAliveSeconds)
    clearTimeout(silence)
    silence = setTimeout(() => end(REASON.keepAliveTimeout), keepAliveSeconds * 1500)
    write({
      cmd: 'connack',
      reasonCode: REASON.success,
      sessionPresent: false,
      properties: {
        receiveMaximum: limits.receiveMaximum,
        maximumPacketSize: limits.maximumPacketSize,
        maximumQoS: 1,
        retainAvailable: false,
        wildcardSubscriptionAvailable: false,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: false,
        ...(packet.properties?.sessionExpiryInterval && { sessionExpiryInterval: 0 }),
        ...(keepAliveSeconds !== asked && { serverKeepAlive: keepAliveSeconds }),
      },
    })
  }

  function onSubscribe(packet: ISubscribePacket, { credential }: Online): void {
    if (packet.properties?.subscriptionIdentifier !== undefined) {
      const violation = { rule: 'MQTT5 3.2.2.3.12', detail: 'a subscription identifier' }
      violated(violation, REASON.subscriptionIdentifiersNotSupported)
      return
    }
    const granted = packet.subscriptions.map(({ topic, qos }) => {
      const fault = faults.take('subscribe', (order) => order.topic === undefined || order.topic === topic)
      const { reasonCode: allowed, violation } = checkSubscription(topic, device, credential.scopes)
      if (violation !== undefined) violated(violation)
      if (qos !== 1) violated({ rule: 'SUB-1', detail: `subscribed with QoS ${qos}` })
      const reasonCode = fault?.refuse ?? (allowed >= 0x80 ? allowed : Math.min(qos, allowed))
      if (reasonCode < 0x80) subscriptions.add(topic)
      const { username } = credential
      ledger.write({ kind: 'subscribe', topic, requestedQos: qos, reasonCode, username })
      return reasonCode
    })
    write({ cmd: 'suback', messageId: idOf(packet), granted })
    for (const [index, { topic }] of packet.subscriptions.entries()) {
      if ((granted[index] ?? 0x80) < 0x80) application.subscribed(topic)
    }
  }

  function onPacket(packet: Packet): void {
    if (over) return
    if (packetBytes(packet) > limits.maximumPacketSize) {
      violated({ rule: 'PUB-8', detail: 'a packet over the maximum size' }, REASON.packetTooLarge)
    } else if (online !== undefined) {
      silence.refresh()
      onOnlinePacket(packet, online)
    } else if (packet.cmd === 'connect') {
      onConnect(packet)
    } else {
      violated({ rule: 'MQTT5 3.1.0', detail: `${packet.cmd} before CONNECT` }, REASON.protocolError)
    }
  }

  function onOnlinePacket(packet: Packet, { incoming, outgoing, ...rest }: Online): void {
    switch (packet.cmd) {
      case 'publish':
        incoming.publish(packet)
        return
      case 'subscribe':
        onSubscribe(packet, { incoming, outgoing, ...rest })
        return
      case 'pingreq':
        write({ cmd: 'pingresp' })
        return
      case 'puback':
        if (!outgoing.acknowledged(idOf(packet))) {
          violated({ rule: 'MQTT5 4.3.2', detail: 'a PUBACK for no publish' }, REASON.protocolError)
        }
        return
      case 'unsubscribe': {
        const granted = packet.unsubscriptions.map((topic) =>
          subscriptions.delete(topic) ? REASON.success : REASON.noSubscriptionExisted,
        )
        write({ cmd: 'unsuback', messageId: idOf(packet), granted })
        return
      }
      case 'disconnect': {
        const reasonCode = packet.reasonCode ?? REASON.success
        leave(reasonCode === REASON.success ? 'clean' : 'by-client', reasonCode)
        carrier.endSoon()
        return
      }
      default: {
        const rule = packet.cmd === 'connect' ? 'MQTT5 3.1.0' : 'MQTT5 4.13'
        violated({ rule, detail: `an unexpected ${packet.cmd}` }, REASON.protocolError)
      }
    }
  }

  function onMalformed(detail: string): void {
    if (over) return
    if (online === undefined && detail === 'Invalid protocol version') {
      write({ cmd: 'connack', reasonCode: REASON.unsupportedProtocolVersion, sessionPresent: false })
    }
    violated({ rule: 'MQTT5 4.13', detail: `malformed packet: ${detail}` }, REASON.malformedPacket)
  }

  const session: Session = {
    get username() {
      return online?.credential.username
    },
    isSubscribed: (topic) => !over && subscriptions.has(topic),
    publish: (topic, payload) => online?.outgoing.publish(topic, payload) ?? false,
    end,
    drop,
  }

  packets.on('packet', onPacket)
  packets.on('error', (error: Error) => onMalformed(error.message))
  carrier.onBytes((chunk) => {
    if (over) return
    online?.incoming.beginChunk()
    let waiting = 0
    try {
      waiting = packets.parse(chunk)
    } catch {
      onMalformed('unreadable')
    }
    online?.incoming.endChunk()
    if (waiting > limits.maximumPacketSize && !over) {
      violated({ rule: 'PUB-8', detail: 'a packet over the maximum size' }, REASON.packetTooLarge)
    }
  })
  carrier.onClosed(() => leave('lost', null))
  return session
}

/** The size of a packet with its fixed header (MQTT 5, 3.1.2.11.4); the parser gives the remaining length. */
function packetBytes({ length = 0 }: Packet): number {
  const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
  return 1 + lengthBytes + length
}

function idOf(packet: Packet): number {
  return packet.messageId ?? 0
}
