/** What is wrong with an option of {@link createMqttSession}. */
export type MqttOptionErrorCode =
  | 'wrong-type'
  | 'out-of-range'
  | 'not-utf8'
  | 'too-long'
  | 'not-a-topic'
  | 'missing-username'
  | 'missing-client-id'

/**
 * A misuse of {@link createMqttSession}, thrown before anything is sent. The message names the option and the
 * fault, and never its value: an option can be a secret.
 */
export class MqttOptionError extends Error {
  override readonly name = 'MqttOptionError'
  /** What is wrong. */
  readonly code: MqttOptionErrorCode
  /** The option's name. */
  readonly field: string

  constructor(code: MqttOptionErrorCode, field: string, detail: string) {
    super(`${field}: ${detail}`)
    this.code = code
    this.field = field
  }
}

/**
 * The server broke the protocol (MQTT 5 section 4.13). Thrown by the parts that read packets, and caught by the
 * session alone, which then closes: it never reaches a caller.
 */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault'
  readonly reasonCode: number

  constructor(reasonCode: number, detail: string) {
    super(detail)
    this.reasonCode = reasonCode
  }
}
