/** Where a report stands; the chart is `reportMachine`. */
export type ReportState =
  | 'queued'
  | 'sent'
  | 'accepted'
  | 'waiting'
  | 'doubted'
  | 'done'
  | 'failed'
  | 'unconfirmed'

/** One local physical event on its way to the cloud (PUB-4). It leaves the outbox when it settles. */
export interface Report {
  readonly messageId: string
  /** The route's name, as the host gave it. */
  readonly route: string
  /** The JSON text, fixed when the report is taken: every retry sends the same bytes (PUB-4). */
  readonly payload: string
  /** The desired state it answers, or null for a local change (PUB-5, PUB-6). */
  readonly desiredId: string | null
  readonly state: ReportState
  /** The delivery that waits for its PUBACK, or null. */
  readonly delivery: string | null
  /** Negative or missing answers so far, for the backoff (ACK-3, ACK-5). */
  readonly failures: number
  /** Publishes that brought no acknowledgement in time, for the host's policy (ACK-5). */
  readonly unanswered: number
  /** Monotonic ms of its retry or of the end of its wait for an acknowledgement; null while neither runs. */
  readonly dueAt: number | null
}
