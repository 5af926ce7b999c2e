import { ProtocolFault } from './errors.ts'
import { createFramer, type Frame } from './framing.ts'
import { connectBytes, readConnack } from './handshake.ts'
import { createInboundPublishes, type InboundPublishes } from './inbound-publishes.ts'
import { createKeepAlive, type KeepAlive } from './keep-alive.ts'
import { type MqttSessionOptions, resolveOptions } from './options.ts'
import {
  createOutboundPublishes,
  type MqttPublish,
  type OutboundPublishes,
  publishRefused,
} from './outbound-publishes.ts'
import type {
  MqttCallRefusal,
  MqttCallRefused,
  MqttClosed,
  MqttConnected,
  MqttOutput,
  MqttTimer,
} from './outputs.ts'
import { createPacketIds } from './packet-ids.ts'
import { type ConnackPacket, createPacketDecoder, encodePacket, type InboundPacket } from './packets.ts'
import { disconnectCodeFor, isClientDisconnectCode, ReasonCode, reasonName } from './reason-codes.ts'
import { createSubscriptions, type MqttSubscription, type Subscriptions } from './subscriptions.ts'
import { checkFirstByte, checkWellFormed } from './well-formed.ts'

/**
 * One MQTT 5 connection of a client, without I/O: each call says what has happened or what is wanted, and answers with
 * what the host must now do and is told, in order. No call throws. After `closed` every call answers `[]`.
 */
export interface MqttSession {
  /** The link is up: sends CONNECT and waits for CONNACK. Once a session. */
  open(): MqttOutput[]
  /** Bytes came from the link, in any chunks. They are not kept after the call. */
  receive(bytes: Uint8Array): MqttOutput[]
  /** Subscribes to topics; `subscribed` tells what was granted. */
  subscribe(subscriptions: readonly MqttSubscription[]): MqttOutput[]
  /** Publishes at QoS 1, not retained (PUB-1); `published` or `publishRefused` tells the outcome. */
  publish(message: MqttPublish): MqttOutput[]
  /** Sends PUBACK for an inbound QoS 1 message. `reasonCode` is one of MQTT 5 section 3.4.2.1, 0x00 by default. */
  acknowledge(packetId: number, reasonCode?: number): MqttOutput[]
  /** Sends DISCONNECT and closes. `reasonCode` is one that a client may send (section 3.14.2.1), 0x00 by default. */
  disconnect(reasonCode?: number): MqttOutput[]
  /** A timer that the session had set has fired. One that is not set is ignored (CORE-4). */
  timerFired(timer: MqttTimer): MqttOutput[]
  /** The link ended or failed. `detail` says how, for `closed`. */
  linkClosed(detail?: string): MqttOutput[]
}

type Phase =
  // CONNECT is made beforehand, so that the session can forget the password with this phase (CRED-3).
  | { readonly name: 'idle'; readonly connect: Uint8Array }
  | { readonly name: 'connecting' }
  | {
      readonly name: 'connected'
      readonly limits: MqttConnected
      readonly outbound: OutboundPublishes
      readonly inbound: InboundPublishes
      readonly subscriptions: Subscriptions
      readonly keepAlive: KeepAlive
    }
  | { readonly name: 'closed' }

/**
 * A session for one connection: a new one is made for each. Throws {@link MqttOptionError} when an option is wrong.
 */
export function createMqttSession(options: MqttSessionOptions): MqttSession {
  const { settings, credentials } = resolveOptions(options)
  const framer = createFramer(settings.maximumPacketSize, (byte) =>
    checkFirstByte(byte, phase.name === 'connecting'),
  )
  const decode = createPacketDecoder()
  const timers = new Set<MqttTimer>()
  let phase: Phase = { name: 'idle', connect: connectBytes(settings, credentials) }

  function isClosed(): boolean {
    return phase.name === 'closed'
  }

  /** Every answer passes here, so that what was sent moves the keep alive, and the timers are known. */
  function answer(outputs: MqttOutput[]): MqttOutput[] {
    const sent = outputs.some((output) => output.type === 'send')
    const all = sent && phase.name === 'connected' ? [...outputs, ...phase.keepAlive.sent()] : outputs
    for (const output of all) {
      if (output.type === 'setTimer') timers.add(output.timer)
      if (output.type === 'cancelTimer') timers.delete(output.timer)
    }
    return all
  }

  function close(before: MqttOutput[], closed: Omit<MqttClosed, 'type'>): MqttOutput[] {
    const cancelled = [...timers].map((timer): MqttOutput => ({ type: 'cancelTimer', timer }))
    timers.clear()
    phase = { name: 'closed' }
    return [...before, ...cancelled, { type: 'closed', ...closed }]
  }

  /** DISCONNECT, unless the server said that it takes no packet of this size (MQTT-3.2.2-15). */
  function farewell(reasonCode: number): MqttOutput[] {
    const bytes = encodePacket({ cmd: 'disconnect', reasonCode })
    const fits = phase.name !== 'connected' || bytes.length <= phase.limits.maximumPacketSize
    return fits ? [{ type: 'send', bytes }, CLOSE] : [CLOSE]
  }

  function closeForFault({ reasonCode, message }: ProtocolFault): MqttOutput[] {
    return close(farewell(disconnectCodeFor(reasonCode)), {
      cause: 'protocolError',
      reasonCode,
      detail: message,
    })
  }

  function closeForSilence(): MqttOutput[] {
    const reasonCode = ReasonCode.keepAliveTimeout
    const detail = 'no PINGRESP in time'
    return close(farewell(disconnectCodeFor(reasonCode)), { cause: 'keepAlive', reasonCode, detail })
  }

  function connackReceived(packet: ConnackPacket): MqttOutput[] {
    const answered = readConnack(packet, settings)
    if (answered.type === 'refused') {
      const { reasonCode, reasonName: name, reasonString } = answered
      return close([answered, CLOSE], {
        cause: 'refused',
        reasonCode,
        detail: inWords(`the server refused, ${name}`, reasonString),
      })
    }
    const packetIds = createPacketIds()
    const keepAlive = createKeepAlive(answered.keepAliveSeconds, settings.pingTimeoutMs)
    phase = {
      name: 'connected',
      limits: answered,
      outbound: createOutboundPublishes(answered, packetIds),
      inbound: createInboundPublishes(settings.receiveMaximum, answered),
      subscriptions: createSubscriptions(answered, packetIds),
      keepAlive,
    }
    return [{ type: 'cancelTimer', timer: 'connect' }, answered, ...keepAlive.started()]
  }

  function packetReceived(packet: InboundPacket): MqttOutput[] {
    if (packet.cmd === 'connack') return connackReceived(packet)
    if (phase.name !== 'connected')
      throw new ProtocolFault(ReasonCode.protocolError, `${packet.cmd} too early`)
    phase.keepAlive.heard()
    switch (packet.cmd) {
      case 'publish':
        return phase.inbound.received(packet)
      case 'puback':
        return phase.outbound.acknowledged(packet)
      case 'suback':
        return phase.subscriptions.granted(packet)
      case 'pingresp':
        return phase.keepAlive.pingAnswered()
      case 'disconnect': {
        const { reasonCode, properties } = packet
        const serverReference = properties?.serverReference
        return close([CLOSE], {
          cause: 'server',
          reasonCode,
          detail: inWords(`the server sent DISCONNECT, ${reasonName(reasonCode)}`, properties?.reasonString),
          ...(serverReference !== undefined && { serverReference }),
        })
      }
    }
  }

  function frameReceived(frame: Frame): MqttOutput[] {
    checkWellFormed(frame)
    return answer(packetReceived(decode(frame.bytes)))
  }

  return {
    open() {
      if (isClosed()) return []
      if (phase.name !== 'idle') return [refused('open', 'already-open', 'the session was opened before')]
      const { connect } = phase
      phase = { name: 'connecting' }
      return answer([
        { type: 'send', bytes: connect },
        { type: 'setTimer', timer: 'connect', delayMs: settings.connectTimeoutMs },
      ])
    },

    receive(bytes) {
      if (isClosed()) return []
      if (phase.name === 'idle') return [refused('receive', 'not-open', 'bytes came before open()')]
      const outputs: MqttOutput[] = []
      try {
        for (const frame of framer.push(bytes)) {
          outputs.push(...frameReceived(frame))
          if (isClosed()) break
        }
      } catch (fault) {
        if (!(fault instanceof ProtocolFault)) throw fault
        outputs.push(...closeForFault(fault))
      }
      return outputs
    },

    subscribe(subscriptions) {
      if (isClosed()) return []
      if (phase.name !== 'connected') return [refused('subscribe', 'not-connected', 'no CONNACK yet')]
      return answer(phase.subscriptions.subscribe(subscriptions))
    },

    publish(message) {
      if (isClosed()) return []
      if (phase.name !== 'connected') {
        return [publishRefused(message.delivery, 'not-connected', 'no CONNACK yet')]
      }
      return answer(phase.outbound.publish(message))
    },

    acknowledge(packetId, reasonCode = ReasonCode.success) {
      if (isClosed()) return []
      if (phase.name !== 'connected') return [refused('acknowledge', 'not-connected', 'no CONNACK yet')]
      return answer(phase.inbound.acknowledge(packetId, reasonCode))
    },

    disconnect(reasonCode = ReasonCode.success) {
      if (isClosed()) return []
      if (!isClientDisconnectCode(reasonCode)) {
        return [refused('disconnect', 'reason-code-invalid', 'not a DISCONNECT reason code of a client')]
      }
      const before = phase.name === 'idle' ? [CLOSE] : farewell(reasonCode)
      return close(before, { cause: 'client', reasonCode, detail: 'disconnect was called' })
    },

    timerFired(timer) {
      if (!timers.delete(timer)) return []
      if (timer === 'connect')
        return close([CLOSE], { cause: 'connectTimeout', detail: 'no CONNACK in time' })
      const ping = timer === 'keepAlive' && phase.name === 'connected' ? phase.keepAlive.due() : undefined
      return ping === undefined ? closeForSilence() : answer(ping)
    },

    linkClosed(detail = 'the link ended') {
      return isClosed() ? [] : close([], { cause: 'link', detail })
    },
  }
}

const CLOSE: MqttOutput = { type: 'close' }

function refused(call: MqttCallRefused['call'], code: MqttCallRefusal, detail: string): MqttOutput {
  return { type: 'callRefused', call, code, detail }
}

function inWords(name: string, reasonString: string | undefined): string {
  return reasonString === undefined ? name : `${name}: ${reasonString}`
}
