import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
  parser,
} from 'mqtt-packet'
import type { Credential, Credentials } from '../credentials.ts'
import { roleOfTopic, type SandboxDevice } from '../device.ts'
import type { ConnectEntry, DisconnectEntry } from '../entries.ts'
import type { FaultBook } from '../faults.ts'
import { messageIdIn } from '../feed-data.ts'
import type { WritableLedger } from '../ledger.ts'
import type { Settings } from '../options.ts'
import { REASON } from '../reason-codes.ts'
import {
  checkConnect,
  checkPublishAccess,
  checkPublishPacket,
  checkSubscription,
  type Violation,
} from './checks.ts'
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
  /** Resets the connection at TCP level. */
  reset: () => void
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
  outgoing: Outgoing
}

const CONNECT_TIMEOUT_MS = 10_000

/** Serves one TLS connection until it closes. */
export function openSession(socket: TLSSocket, parts: SessionParts): Session {
  const { device, limits, ledger, faults, application } = parts
  const packets = parser({ protocolVersion: 5 })
  const subscriptions = new Set<string>()
  let online: Online | undefined
  let over = false
  // Publishes without PUBACK. Those answered while a chunk is read still count until its end: the device sent
  // the whole chunk before it could see any of these PUBACKs.
  let unacknowledged = 0
  let answeredInChunk = 0
  let readingChunk = false
  let silence = setTimeout(() => parts.reset(), CONNECT_TIMEOUT_MS)

  function write(packet: Packet): void {
    if (!socket.destroyed) socket.write(generate(packet, { protocolVersion: 5 }))
  }

  function leave(how: DisconnectEntry['how'], reasonCode: number | null): void {
    if (over) return
    over = true
    clearTimeout(silence)
    if (online !== undefined) {
      ledger.write({ kind: 'disconnect', how, reasonCode, username: online.credential.username })
    }
  }

  function end(reasonCode: number): void {
    if (over) return
    leave('by-broker', reasonCode)
    if (online !== undefined) write({ cmd: 'disconnect', reasonCode })
    socket.destroySoon()
  }

  function drop(): void {
    leave('lost', null)
    parts.reset()
  }

  function violated({ rule, detail }: Violation, reasonCode?: number): void {
    ledger.write({ kind: 'violation', rule, detail })
    if (reasonCode !== undefined) end(reasonCode)
  }

  function onConnect(packet: IConnectPacket): void {
    const enter = (entry: Pick<ConnectEntry, 'outcome' | 'reasonCode' | 'refusal'>): void =>
      ledger.write({
        kind: 'connect',
        clientId: packet.clientId,
        username: packet.username ?? null,
        ...entry,
      })
    const refuse = (reasonCode: number, refusal: NonNullable<ConnectEntry['refusal']>): void => {
      over = true
      clearTimeout(silence)
      enter({ outcome: 'refused', reasonCode, refusal })
      write({ cmd: 'connack', reasonCode, sessionPresent: false })
      socket.destroySoon()
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
      over = true
      clearTimeout(silence)
      socket.once('close', faults.onClear(parts.reset))
      return
    }
    const verdict = checkConnect(packet, device, parts.credentials)
    if (!('credential' in verdict)) {
      if (verdict.violation !== undefined) violated(verdict.violation)
      refuse(verdict.reasonCode, verdict.refusal)
      return
    }
    const { properties } = packet
    online = {
      credential: verdict.credential,
      outgoing: createOutgoing(properties ?? {}, (bytes) => socket.write(bytes)),
    }
    parts.connected(session)
    const asked = packet.keepalive ?? 0
    const keepAliveSeconds = asked === 0 ? limits.keepAliveSeconds : Math.min(asked, limits.keepAliveSeconds)
    clearTimeout(silence)
    silence = setTimeout(() => end(REASON.keepAliveTimeout), keepAliveSeconds * 1500)
    enter({ outcome: 'accepted', reasonCode: REASON.success })
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
        ...(properties?.sessionExpiryInterval && { sessionExpiryInterval: 0 }),
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

  function onPublish(packet: IPublishPacket, { credential }: Online): void {
    const wrong = checkPublishPacket(packet)
    if (wrong !== undefined) {
      enterPublish(packet, null, false)
      violated(wrong.violation, wrong.reasonCode)
      return
    }
    unacknowledged += 1
    if (unacknowledged > limits.receiveMaximum) {
      enterPublish(packet, null, false)
      const violation = {
        rule: 'PUB-8',
        detail: `more than ${limits.receiveMaximum} publishes without PUBACK`,
      }
      violated(violation, REASON.receiveMaximumExceeded)
      return
    }
    const fault = faults.take('publish')
    if (fault !== undefined && 'do' in fault && fault.do === 'drop') {
      enterPublish(packet, null, false)
      drop()
      return
    }
    const subscribed = subscriptions.has(device.acknowledgementTopic)
    const access = checkPublishAccess(packet.topic, device, credential.scopes, subscribed)
    if (access.violation !== undefined) violated(access.violation)
    const ordered = fault !== undefined && 'refuse' in fault ? fault.refuse : REASON.success
    const reasonCode = access.reasonCode || ordered
    if (reasonCode !== REASON.success) {
      enterPublish(packet, reasonCode, false)
      answerPublish(packet, reasonCode)
      return
    }
    const dropAfter = fault !== undefined && 'do' in fault
    enterPublish(packet, dropAfter ? null : reasonCode, true)
    const acknowledge = application.receive({ topic: packet.topic, payload: bytesOf(packet) })
    if (dropAfter) {
      drop()
    } else if (fault !== undefined && 'delayMs' in fault) {
      setTimeout(() => answerPublish(packet, reasonCode), fault.delayMs).unref()
      acknowledge()
    } else {
      answerPublish(packet, reasonCode)
      acknowledge()
    }
  }

  function answerPublish(packet: IPublishPacket, reasonCode: number): void {
    if (over) return
    if (readingChunk) answeredInChunk += 1
    else unacknowledged -= 1
    write({ cmd: 'puback', messageId: idOf(packet), reasonCode })
  }

  function enterPublish(packet: IPublishPacket, reasonCode: number | null, executed: boolean): void {
    const payload = bytesOf(packet)
    const role = roleOfTopic(device, packet.topic)
    ledger.write({
      kind: 'publish',
      topic: packet.topic,
      route: role?.role === 'feed-data' ? role.route : null,
      messageId: messageIdIn(payload),
      payloadHash: createHash('sha256').update(payload).digest('hex'),
      payloadBytes: payload.length,
      dup: packet.dup,
      reasonCode,
      executed,
    })
  }

  function onPacket(packet: Packet): void {
    if (over) return
    if ((packet.length ?? 0) > limits.maximumPacketSize) {
      violated({ rule: 'PUB-8', detail: `a packet of ${packet.length} bytes` }, REASON.packetTooLarge)
      return
    }
    if (online === undefined) {
      if (packet.cmd === 'connect') onConnect(packet)
      else violated({ rule: 'MQTT5 3.1.0', detail: `${packet.cmd} before CONNECT` }, REASON.protocolError)
      return
    }
    silence.refresh()
    if (packet.cmd === 'publish') onPublish(packet, online)
    else if (packet.cmd === 'subscribe') onSubscribe(packet, online)
    else if (packet.cmd === 'pingreq') write({ cmd: 'pingresp' })
    else if (packet.cmd === 'puback') {
      if (!online.outgoing.acknowledged(idOf(packet))) {
        violated({ rule: 'MQTT5 4.3.2', detail: 'a PUBACK for no publish' }, REASON.protocolError)
      }
    } else if (packet.cmd === 'unsubscribe') {
      const granted = packet.unsubscriptions.map((topic) =>
        subscriptions.delete(topic) ? REASON.success : REASON.noSubscriptionExisted,
      )
      write({ cmd: 'unsuback', messageId: idOf(packet), granted })
    } else if (packet.cmd === 'disconnect') {
      const reasonCode = packet.reasonCode ?? REASON.success
      leave(reasonCode === REASON.success ? 'clean' : 'by-client', reasonCode)
      socket.destroySoon()
    } else {
      const rule = packet.cmd === 'connect' ? 'MQTT5 3.1.0' : 'MQTT5 4.13'
      violated({ rule, detail: `an unexpected ${packet.cmd}` }, REASON.protocolError)
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
  socket.on('data', (chunk) => {
    if (over) return
    readingChunk = true
    let waiting = 0
    try {
      waiting = packets.parse(chunk)
    } catch {
      onMalformed('unreadable')
    }
    readingChunk = false
    unacknowledged -= answeredInChunk
    answeredInChunk = 0
    if (waiting > limits.maximumPacketSize) {
      violated({ rule: 'PUB-8', detail: 'a packet over the maximum size' }, REASON.packetTooLarge)
    }
  })
  // A reset by the peer arrives as an error; 'close' follows and is what counts.
  socket.on('error', () => {})
  socket.on('close', () => leave('lost', null))
  return session
}

function bytesOf(packet: IPublishPacket): Buffer {
  return typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
}

function idOf(packet: Packet): number {
  return packet.messageId ?? 0
}
