import type { Delivery } from './broker/port.ts'
import type { SandboxDevice } from './device.ts'
import type { AcknowledgementEntry, AcknowledgementStatus } from './entries.ts'
import type { FaultAt, FaultBook } from './faults.ts'
import { type FeedData, type InvalidFeedData, readFeedData } from './feed-data.ts'
import type { WritableLedger } from './ledger.ts'

/** The application behind the broker that takes feed data and answers it (ACK-1). */
export interface Acknowledgements {
  /** Executes a message; the returned function sends the acknowledgement. */
  receive(route: string, payload: Uint8Array): () => void
  /** The value of the last message accepted on a route; null where there was none. */
  valueOf(route: string): string | null
  /** Forgets what waits to be sent. */
  close(): void
}

interface Verdict {
  status: AcknowledgementStatus
  retryable: boolean
  error?: { type: string; message: string }
}

interface Answer {
  verdict: Verdict
  route: string
  messageId: string | null
  desiredId: string | undefined
  sequenceNumber: number | undefined
}

/** The acknowledgement service, the same one behind both brokers. */
export function createAcknowledgements(parts: {
  device: SandboxDevice
  ledger: WritableLedger
  faults: FaultBook
  knowsCommand: (route: string, desiredId: string) => boolean
  publish: (topic: string, payload: string) => Promise<Delivery>
}): Acknowledgements {
  const { device, ledger, faults, knowsCommand, publish } = parts
  const results = new Map<string, { fingerprint: string; verdict: Verdict }>()
  const values = new Map<string, string>()
  const timers = new Set<NodeJS.Timeout>()
  let held: Answer[] = []

  /** Idempotency: scoped to the device (there is one) and the route's source, keyed by message id. */
  function judge(route: string, message: FeedData | InvalidFeedData, fault: AcknowledgementFault): Verdict {
    if ('error' in message) return { status: 'rejected', retryable: false, error: message.error }
    const key = `${route}\n${message.messageId}`
    const earlier = results.get(key)
    if (earlier !== undefined) {
      if (earlier.fingerprint !== message.fingerprint) {
        const error = {
          type: 'payload_conflict',
          message: 'This message_id came with another payload before.',
        }
        return { status: 'conflict', retryable: false, error }
      }
      return earlier.verdict.status === 'accepted'
        ? { status: 'replayed', retryable: false }
        : earlier.verdict
    }
    const verdict = fault !== undefined && 'nack' in fault ? refusal(fault.nack) : ACCEPTED
    if (verdict.retryable) return verdict
    results.set(key, { fingerprint: message.fingerprint, verdict })
    const { desiredId, messageId, outcome } = message
    if (verdict === ACCEPTED) values.set(route, message.value)
    if (verdict === ACCEPTED && desiredId !== undefined && outcome !== undefined) {
      ledger.write({ kind: 'report', route, desiredId, messageId, outcome })
    }
    return verdict
  }

  function send(answer: Answer, malformed = false): void {
    const payload = payloadOf(answer)
    const text = malformed ? payload.slice(0, payload.length / 2) : payload
    publish(device.acknowledgementTopic, text).then(
      (delivery) => enter(answer, malformed && delivery === 'sent' ? 'malformed' : delivery),
      () => enter(answer, 'no-subscriber'),
    )
  }

  function enter({ verdict, ...answer }: Answer, delivery: AcknowledgementEntry['delivery']): void {
    ledger.write({
      kind: 'acknowledgement',
      route: answer.route,
      messageId: answer.messageId,
      status: verdict.status,
      retryable: verdict.retryable,
      ...(verdict.error && { errorType: verdict.error.type }),
      ...(answer.desiredId !== undefined && { desiredId: answer.desiredId }),
      delivery,
    })
  }

  function deliver(answer: Answer, fault: AcknowledgementFault): void {
    if (fault !== undefined && 'delayMs' in fault) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        send(answer)
      }, fault.delayMs)
      timers.add(timer.unref())
      return
    }
    const action = fault !== undefined && 'do' in fault ? fault.do : 'send'
    if (action === 'reorder') {
      held.push(answer)
      return
    }
    if (action === 'swallow') enter(answer, 'swallowed')
    else send(answer, action === 'malformed')
    if (action === 'duplicate') send(answer)
    const after = held
    held = []
    for (const waiting of after) send(waiting)
  }

  return {
    receive(route, payload) {
      const fault = faults.take('acknowledgement')
      const message = readFeedData(payload, device, route, knowsCommand)
      const verdict = judge(route, message, fault)
      const { messageId, desiredId, sequenceNumber } = message
      const answer = { verdict, route, messageId, desiredId, sequenceNumber }
      return () => deliver(answer, fault)
    },
    valueOf: (route) => values.get(route) ?? null,
    close() {
      for (const timer of timers) clearTimeout(timer)
      held = []
    },
  }
}

type AcknowledgementFault = FaultAt<'acknowledgement'> | undefined

const ACCEPTED: Verdict = { status: 'accepted', retryable: false }

function refusal(nack: {
  status: 'rejected' | 'error' | 'conflict'
  retryable: boolean
  errorType?: string
}): Verdict {
  const error = { type: nack.errorType ?? 'sandbox_fault', message: 'Refused by order of the sandbox.' }
  return { status: nack.status, retryable: nack.retryable, error }
}

function payloadOf({ verdict, messageId, desiredId, sequenceNumber }: Answer): string {
  return JSON.stringify({
    version: 1,
    status: verdict.status,
    retryable: verdict.retryable,
    message_id: messageId,
    desired_id: desiredId,
    sequence_number: sequenceNumber,
    error: verdict.error,
  })
}
