import type { CredentialGate } from '../credentials.ts'
import type { SandboxError } from '../errors.ts'
import type { Fault } from '../faults.ts'

/** What became of a message given to the broker for the device. */
export type Delivery = 'sent' | 'no-subscriber'

/** The application behind the broker, as the broker sees it. */
export interface Application {
  /** A message reached the application; the returned function sends its acknowledgement. */
  receive(message: { topic: string; payload: Uint8Array }): () => void
  /** The device has subscribed to a topic. */
  subscribed(topic: string): void
}

/** What the sandbox needs of a broker, ours or Mosquitto. Brokers write their part of the ledger themselves. */
export interface Broker extends CredentialGate {
  /** `mqtts://127.0.0.1:<port>` */
  readonly url: string
  /** `wss://127.0.0.1:<port>/mqtt`; null where no WebSocket was asked for. */
  readonly webSocketUrl: string | null
  /** Resolves where the broker has ended although nobody stopped it. */
  readonly death: Promise<SandboxError>
  /** Publishes to the device, QoS 1. */
  publish(topic: string, payload: string): Promise<Delivery>
  /** Resets every device connection at TCP level, without DISCONNECT. */
  dropConnections(): void
  /** Sends DISCONNECT with the reason code to every device, then closes. */
  disconnectClients(reasonCode: number): void
  /** Throws `SandboxError` `fault-unsupported` where this broker cannot do the fault. */
  acceptFault(fault: Fault): void
  close(): Promise<void>
}
