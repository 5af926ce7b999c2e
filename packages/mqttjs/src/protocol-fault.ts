/** The server broke the protocol; `reasonCode` is what our DISCONNECT says of it (MQTT 5 section 4.13). */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault'
  readonly reasonCode: number

  constructor(reasonCode: number, message: string) {
    super(message)
    this.reasonCode = reasonCode
  }
}

/** MQTT 5 section 3.14.2.1. */
export const MALFORMED_PACKET = 0x81
export const PROTOCOL_ERROR = 0x82
export const RECEIVE_MAXIMUM_EXCEEDED = 0x93
export const TOPIC_ALIAS_INVALID = 0x94
export const PACKET_TOO_LARGE = 0x95
