/** The reason codes that this package gives or tests by name (MQTT 5 section 2.4). */
export const ReasonCode = {
  success: 0x00,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  keepAliveTimeout: 0x8d,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  qosNotSupported: 0x9b,
} as const

const NAMES: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'Granted QoS 1',
  2: 'Granted QoS 2',
  4: 'Disconnect with Will Message',
  16: 'No matching subscribers',
  17: 'No subscription existed',
  24: 'Continue authentication',
  25: 'Re-authenticate',
  128: 'Unspecified error',
  129: 'Malformed Packet',
  130: 'Protocol Error',
  131: 'Implementation specific error',
  132: 'Unsupported Protocol Version',
  133: 'Client Identifier not valid',
  134: 'Bad User Name or Password',
  135: 'Not authorized',
  136: 'Server unavailable',
  137: 'Server busy',
  138: 'Banned',
  139: 'Server shutting down',
  140: 'Bad authentication method',
  141: 'Keep Alive timeout',
  142: 'Session taken over',
  143: 'Topic Filter invalid',
  144: 'Topic Name invalid',
  145: 'Packet Identifier in use',
  146: 'Packet Identifier not found',
  147: 'Receive Maximum exceeded',
  148: 'Topic Alias invalid',
  149: 'Packet too large',
  150: 'Message rate too high',
  151: 'Quota exceeded',
  152: 'Administrative action',
  153: 'Payload format invalid',
  154: 'Retain not supported',
  155: 'QoS not supported',
  156: 'Use another server',
  157: 'Server moved',
  158: 'Shared Subscriptions not supported',
  159: 'Connection rate exceeded',
  160: 'Maximum connect time',
  161: 'Subscription Identifiers not supported',
  162: 'Wildcard Subscriptions not supported',
}

/**
 * The standard's name of a reason code (MQTT 5 section 2.4). 0x00 is `Success` wherever it stands; a code that the
 * standard does not define comes back as `Unknown reason code 0x…`.
 */
export function reasonName(reasonCode: number): string {
  return NAMES[reasonCode] ?? `Unknown reason code 0x${reasonCode.toString(16).padStart(2, '0')}`
}

// Section 3.14.2.1, the codes that a client may send; 0x04 is left out because this session has no will message.
const CLIENT_DISCONNECT_CODES: ReadonlySet<number> = new Set([
  0x00, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
])

// Section 3.4.2.1.
const PUBACK_CODES: ReadonlySet<number> = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99])

/** Whether a client may send this code in DISCONNECT (section 3.14.2.1). */
export function isClientDisconnectCode(reasonCode: number): boolean {
  return CLIENT_DISCONNECT_CODES.has(reasonCode)
}

/** Whether this code may stand in PUBACK (section 3.4.2.1). */
export function isPubackCode(reasonCode: number): boolean {
  return PUBACK_CODES.has(reasonCode)
}

/**
 * The code to put in our DISCONNECT for a fault that we found. Section 3.14.2.1 keeps some codes, 0x8D and 0x9B
 * among them, for servers: those go out as the nearest code that a client may send.
 */
export function disconnectCodeFor(faultCode: number): number {
  if (isClientDisconnectCode(faultCode)) return faultCode
  return faultCode === ReasonCode.qosNotSupported ? ReasonCode.protocolError : ReasonCode.unspecifiedError
}
