import type { CloseCause, ConnectEffect } from '@realer-device/core'

/** What a client is to connect with: the CONNECT tuple's fields and the host's own choices (CONN-1, CONN-2). */
export interface MqttConnectRequest
  extends Pick<
    ConnectEffect,
    'url' | 'clientId' | 'username' | 'cleanStart' | 'sessionExpirySeconds' | 'will' | 'keepAliveSeconds'
  > {
  /** The longest time until the link is open, and from there to CONNACK (CONN-3). */
  readonly timeoutMs: number
  /**
   * The password, asked for when CONNECT is about to leave, and never before. Null: the tuple is over by now, so that no
   * CONNECT MUST leave and the connection ends (CRED-5). It MUST NOT be kept any longer than CONNECT needs it (CRED-3).
   */
  readPassword(): string | null
}

/** A message for the device. */
export interface MqttInbound {
  readonly topic: string
  /** Not kept after the call. */
  readonly payload: Uint8Array
  /** Sends PUBACK with this reason code, where the message had QoS 1. Called once, when the machine has the message. */
  acknowledge(reasonCode: number): void
}

/**
 * What a connection tells, in the order of the packets. None of these throws, and none is told from inside a call of the
 * connection.
 */
export interface MqttClientEvents {
  /** CONNACK with success, and the broker's limits; `maximumPacketSize` is null where it has none (CONN-5). */
  onConnected(limits: { readonly receiveMaximum: number; readonly maximumPacketSize: number | null }): void
  /** CONNACK with a reason of 0x80 or more (CONN-4). The last event. */
  onRefused(reasonCode: number): void
  /** SUBACK: each topic with its reason code, in the order asked for (SUB-3). */
  onSubscribed(grants: readonly { readonly topic: string; readonly reasonCode: number }[]): void
  /** PUBACK, or a refusal of the client's own as a reason code of 0x80 or more (PUB-7). */
  onPublishAnswered(delivery: string, reasonCode: number): void
  /** A message came. While it waits for `acknowledge`, what comes behind it MUST NOT wait. */
  onMessage(message: MqttInbound): void
  /** The connection is gone, whoever ended it. `reasonCode` is that of a DISCONNECT, or null. The last event. */
  onClosed(end: {
    readonly cause: CloseCause
    readonly reasonCode: number | null
    readonly detail: string
  }): void
}

/** One MQTT 5 connection, open or on its way. No call throws. */
export interface MqttConnection {
  /** SUBSCRIBE, QoS 1. Called once, after `onConnected`. */
  subscribe(topics: readonly string[]): void
  /** PUBLISH, QoS 1, not retained (PUB-1). It MUST be sent once, and never again on a later connection. */
  publish(delivery: string, topic: string, payload: string): void
  /** DISCONNECT with this reason, then the end; `onClosed` follows when the link is gone (CONN-6). */
  disconnect(reasonCode: number): void
  /** Ends the connection now, from any state. No event MUST follow. */
  abort(): void
}

/**
 * Opens one connection of an MQTT 5 client: for hosts that bring a client of their own in place of a link. It does not
 * reconnect, renew or resend by itself: the machine decides all of that. The kit in `@realer-device/contract` proves each
 * MUST, and `@realer-device/mqttjs` is an example.
 */
export type OpenMqtt = (request: MqttConnectRequest, events: MqttClientEvents) => MqttConnection
