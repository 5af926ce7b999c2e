import { createHash } from 'node:crypto'
import type { IPublishPacket } from 'mqtt-packet'
import type { Credential } from '../credentials.ts'
import { roleOfTopic } from '../device.ts'
import { messageIdIn } from '../feed-data.ts'
import { REASON } from '../reason-codes.ts'
import { checkPublishAccess, checkPublishPacket, type Violation } from './checks.ts'
import type { SessionParts } from './session.ts'

/** The publishes of one device: judged, given to the application, acknowledged. */
export interface Incoming {
  publish(packet: IPublishPacket): void
  /** Gives the will of a lost device to the application. */
  publishWill(will: { topic: string; payload: Uint8Array | string }): void
  /** Around the reading of one chunk of bytes. */
  beginChunk(): void
  endChunk(): void
}

/** What the publishes need of their session. */
export interface IncomingParts
  extends Pick<SessionParts, 'device' | 'limits' | 'ledger' | 'faults' | 'application' | 'secretsIn'> {
  credential: Credential
  isSubscribed(topic: string): boolean
  puback(messageId: number, reasonCode: number): void
  /** Enters the violation, and ends the session where a reason code is given. */
  violated(violation: Violation, reasonCode?: number): void
  drop(): void
}

/** The flow of one session, empty. */
export function createIncoming(parts: IncomingParts): Incoming {
  const { device, limits, ledger, faults, credential, violated } = parts
  // Publishes without PUBACK. Those answered while a chunk is read still count until its end: the device sent
  // the whole chunk before it could see any of these PUBACKs.
  let unacknowledged = 0
  let answeredInChunk = 0
  let readingChunk = false

  function answer(packet: IPublishPacket, reasonCode: number): void {
    if (readingChunk) answeredInChunk += 1
    else unacknowledged -= 1
    parts.puback(packet.messageId ?? 0, reasonCode)
  }

  function enter(packet: IPublishPacket, reasonCode: number | null, executed: boolean): void {
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

  /** What is wrong with the packet itself; the session does not survive it. */
  function fatal(packet: IPublishPacket): { violation: Violation; reasonCode: number } | undefined {
    const wrong = checkPublishPacket(packet)
    if (wrong !== undefined) return wrong
    unacknowledged += 1
    if (unacknowledged <= limits.receiveMaximum) return undefined
    const detail = `more than ${limits.receiveMaximum} publishes without PUBACK`
    return { violation: { rule: 'PUB-8', detail }, reasonCode: REASON.receiveMaximumExceeded }
  }

  function execute(packet: IPublishPacket): void {
    const fault = faults.take('publish')
    const action = fault !== undefined && 'do' in fault ? fault.do : undefined
    if (action === 'drop') {
      enter(packet, null, false)
      parts.drop()
      return
    }
    const subscribed = parts.isSubscribed(device.acknowledgementTopic)
    const access = checkPublishAccess(packet.topic, device, credential.scopes, subscribed)
    if (access.violation !== undefined) violated(access.violation)
    const ordered = fault !== undefined && 'refuse' in fault ? fault.refuse : REASON.success
    const reasonCode = access.reasonCode || ordered
    if (reasonCode !== REASON.success) {
      enter(packet, reasonCode, false)
      answer(packet, reasonCode)
      return
    }
    enter(packet, action === undefined ? reasonCode : null, true)
    const acknowledge = parts.application.receive({ topic: packet.topic, payload: bytesOf(packet) })
    if (action === 'execute-then-drop') {
      parts.drop()
      return
    }
    if (action === 'withhold-puback') {
      // It stays one of the publishes without PUBACK, for the device and for us.
    } else if (fault !== undefined && 'delayMs' in fault) {
      setTimeout(() => answer(packet, reasonCode), fault.delayMs).unref()
    } else {
      answer(packet, reasonCode)
    }
    acknowledge()
  }

  return {
    publishWill({ topic, payload }) {
      const packet = {
        cmd: 'publish',
        topic,
        payload: Buffer.from(payload),
        qos: 1,
        dup: false,
        retain: false,
      } as const
      enter(packet, null, true)
      parts.application.receive({ topic, payload: packet.payload })()
    },
    publish(packet) {
      if (parts.secretsIn(bytesOf(packet).toString('latin1')) > 0) {
        violated({ rule: 'AUTH-8', detail: 'a secret in a payload' })
      }
      const wrong = fatal(packet)
      if (wrong === undefined) {
        execute(packet)
      } else {
        enter(packet, null, false)
        violated(wrong.violation, wrong.reasonCode)
      }
    },
    beginChunk() {
      readingChunk = true
    },
    endChunk() {
      readingChunk = false
      unacknowledged -= answeredInChunk
      answeredInChunk = 0
    },
  }
}

function bytesOf(packet: IPublishPacket): Buffer {
  return typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
}
