import { ProtocolFault } from './errors.ts'
import type { MqttOutput } from './outputs.ts'
import { encodePacket } from './packets.ts'
import { ReasonCode } from './reason-codes.ts'

/** PINGREQ in time, and a dead link found in time (MQTT 5 section 3.1.2.10, CONN-3). */
export interface KeepAlive {
  /** CONNACK came. */
  started(): MqttOutput[]
  /** Something was sent. */
  sent(): MqttOutput[]
  /** A packet came. */
  heard(): void
  /** PINGRESP came. Throws ProtocolFault when none was asked for. */
  pingAnswered(): MqttOutput[]
  /** The keep-alive timer fired: PINGREQ, or undefined when the last one has no answer yet. */
  due(): MqttOutput[] | undefined
}

// A ping goes out after three quarters of the keep alive, so that a late timer or a slow link does not exceed it.
const PING_AFTER_MS_PER_SECOND = 750

/**
 * Sending puts the ping off, as the standard allows, but only where something was heard since the last time: a device
 * that publishes more often than the keep alive would otherwise never ping, and never notice a dead link.
 */
export function createKeepAlive(keepAliveSeconds: number, pingTimeoutMs: number): KeepAlive {
  if (keepAliveSeconds === 0) {
    return {
      started: () => [],
      sent: () => [],
      heard: () => {},
      pingAnswered: unexpectedPingresp,
      due: () => [],
    }
  }
  const delayMs = keepAliveSeconds * PING_AFTER_MS_PER_SECOND
  let heardSinceSet = false
  let pingUnanswered = false

  function setTimer(): MqttOutput {
    heardSinceSet = false
    return { type: 'setTimer', timer: 'keepAlive', delayMs }
  }

  return {
    started: () => [setTimer()],
    sent: () => (heardSinceSet ? [setTimer()] : []),
    heard() {
      heardSinceSet = true
    },
    pingAnswered() {
      if (!pingUnanswered) return unexpectedPingresp()
      pingUnanswered = false
      return [{ type: 'cancelTimer', timer: 'pingResponse' }]
    },
    due() {
      if (pingUnanswered) return undefined
      pingUnanswered = true
      return [
        { type: 'send', bytes: encodePacket({ cmd: 'pingreq' }) },
        { type: 'setTimer', timer: 'pingResponse', delayMs: Math.min(pingTimeoutMs, delayMs) },
        setTimer(),
      ]
    },
  }
}

function unexpectedPingresp(): never {
  throw new ProtocolFault(ReasonCode.protocolError, 'PINGRESP without a PINGREQ')
}
