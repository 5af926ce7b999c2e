/** The timers of a session. Setting a timer that is already set replaces it. */
export type MqttTimer =
  /** When to give up waiting for CONNACK (CONN-3). */
  | 'connect'
  /** When to send PINGREQ because nothing else was sent (MQTT 5 section 3.1.2.10). */
  | 'keepAlive'
  /** When to give up waiting for PINGRESP (CONN-3). */
  | 'pingResponse'

/** Send these bytes, in order. The first ones of a session hold the password: never log them. */
export interface MqttSend {
  readonly type: 'send'
  readonly bytes: Uint8Array
}

/** End the link, once what was to be sent before has been sent. */
export interface MqttClose {
  readonly type: 'close'
}

/** Call `timerFired(timer)` after `delayMs`, unless the timer is cancelled or set again before. */
export interface MqttSetTimer {
  readonly type: 'setTimer'
  readonly timer: MqttTimer
  readonly delayMs: number
}

/** Forget this timer. */
export interface MqttCancelTimer {
  readonly type: 'cancelTimer'
  readonly timer: MqttTimer
}

/** The server accepted the connection (CONNACK, section 3.2), and these are its limits (CONN-5). */
export interface MqttConnected {
  readonly type: 'connected'
  /** The server still has the session of an earlier connection. Only possible with `cleanStart: false`. */
  readonly sessionPresent: boolean
  /** How long the server keeps the session after the end: its own choice, or else ours. 0 is not at all. */
  readonly sessionExpirySeconds: number
  /** How many of our QoS 1 messages may wait for their PUBACK at once. */
  readonly receiveMaximum: number
  /** The largest packet that the server takes, in bytes; the protocol's own maximum where the server names none. */
  readonly maximumPacketSize: number
  /** 0 means that nothing can be published: this session publishes at QoS 1 only (PUB-1). */
  readonly maximumQoS: 0 | 1 | 2
  readonly retainAvailable: boolean
  /** The keep alive in force: the server's, or else ours. 0 is off. */
  readonly keepAliveSeconds: number
  /** How many topic aliases the server would take. This session uses none. */
  readonly topicAliasMaximum: number
  readonly wildcardSubscriptionAvailable: boolean
  readonly sharedSubscriptionAvailable: boolean
  /** The client id that the server chose, where we sent none. */
  readonly assignedClientId?: string
  readonly reasonString?: string
}

/** The server refused the connection (CONNACK with a reason of 0x80 or above; CONN-4). `closed` follows. */
export interface MqttRefused {
  readonly type: 'refused'
  readonly reasonCode: number
  /** The standard's name of the reason. */
  readonly reasonName: string
  /** The server's own words. */
  readonly reasonString?: string
  /** Another server to use, with 0x9C and 0x9D. */
  readonly serverReference?: string
}

/** SUBACK: one grant for each topic that was asked for. A reason of 0x80 or above is a refusal (SUB-3). */
export interface MqttSubscribed {
  readonly type: 'subscribed'
  readonly grants: readonly { readonly topic: string; readonly reasonCode: number }[]
  readonly reasonString?: string
}

/** PUBACK: the broker accepted the message, or refused it with a reason of 0x80 or above (PUB-2, PUB-7). */
export interface MqttPublished {
  readonly type: 'published'
  readonly delivery: string
  readonly reasonCode: number
  readonly reasonString?: string
}

/** Why a message was not sent. The first three are final for this message on this connection. */
export type MqttPublishRefusal =
  /** The topic is empty, has a wildcard, or is not a valid MQTT string. */
  | 'topic-invalid'
  /** The server takes no QoS 1 (CONNACK maximum QoS 0). A lower QoS is never used in its place. */
  | 'qos-not-supported'
  /** The packet would be larger than the server takes (PUB-8). */
  | 'packet-too-large'
  /** As many messages as the server allows wait for their PUBACK (PUB-8): try again after the next `published`. */
  | 'receive-maximum-exceeded'
  /** All packet identifiers are in use. */
  | 'no-packet-id'
  /** There is no connection yet. */
  | 'not-connected'

/** The message was refused here, and nothing was sent. */
export interface MqttPublishRefused {
  readonly type: 'publishRefused'
  readonly delivery: string
  readonly code: MqttPublishRefusal
  readonly detail: string
}

/** Why a call other than `publish` did nothing. */
export type MqttCallRefusal =
  | 'already-open'
  | 'not-open'
  | 'not-connected'
  | 'topic-invalid'
  | 'qos-invalid'
  | 'no-subscriptions'
  | 'wildcards-not-supported'
  | 'shared-subscriptions-not-supported'
  | 'packet-too-large'
  | 'too-many-pending'
  | 'no-packet-id'
  | 'unknown-packet-id'
  | 'reason-code-invalid'

/** The call did nothing, and nothing was sent. */
export interface MqttCallRefused {
  readonly type: 'callRefused'
  readonly call: 'open' | 'receive' | 'subscribe' | 'acknowledge' | 'disconnect'
  readonly code: MqttCallRefusal
  readonly detail: string
}

/** An inbound message. `payload` is a copy of its own, so the caller may keep it. */
export type MqttMessage = MqttMessageQoS0 | MqttMessageQoS1

/** A message that needs no acknowledgement. */
export interface MqttMessageQoS0 {
  readonly type: 'message'
  readonly qos: 0
  readonly topic: string
  readonly payload: Uint8Array
  readonly retain: boolean
  readonly dup: false
}

/** A message that waits for `acknowledge(packetId)`. */
export interface MqttMessageQoS1 {
  readonly type: 'message'
  readonly qos: 1
  readonly packetId: number
  readonly topic: string
  readonly payload: Uint8Array
  readonly retain: boolean
  /** The server says that it may have delivered this message before. */
  readonly dup: boolean
}

/** Who or what ended the session. */
export type MqttCloseCause =
  /** `disconnect()` was called. */
  | 'client'
  /** The server sent DISCONNECT. */
  | 'server'
  /** The server broke the protocol, and we ended it. */
  | 'protocolError'
  /** PINGRESP did not come in time. */
  | 'keepAlive'
  /** CONNACK did not come in time. */
  | 'connectTimeout'
  /** The link ended or failed. */
  | 'link'
  /** The server refused the connection; `refused` said why. */
  | 'refused'

/**
 * The session is over: the last output, once a session. What had no outcome before it (a delivery without its
 * `published`, a subscription without its `subscribed`) has none.
 */
export interface MqttClosed {
  readonly type: 'closed'
  readonly cause: MqttCloseCause
  /** The reason, where there is one: what the server sent, what `disconnect` was given, or the fault we found. */
  readonly reasonCode?: number
  /** The same in words, for a log. May hold the server's own words. */
  readonly detail: string
  /** Another server to use, where the server's DISCONNECT named one. */
  readonly serverReference?: string
}

/** What the host must do, or what it is told, in order. Plain data. */
export type MqttOutput =
  | MqttSend
  | MqttClose
  | MqttSetTimer
  | MqttCancelTimer
  | MqttConnected
  | MqttRefused
  | MqttSubscribed
  | MqttPublished
  | MqttPublishRefused
  | MqttCallRefused
  | MqttMessage
  | MqttClosed
