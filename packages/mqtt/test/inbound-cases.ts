import type { MqttOutput, MqttSession, MqttTimer } from '@realer-device/mqtt'
import { connack, connected, connecting, encode, hex, joined, utf8 } from './support.ts'

/** What a server sends, and what the session must make of it, however the bytes are chunked. */
export interface InboundCase {
  /** Begins with the MQTT 5 section or the rule that it holds. */
  readonly title: string
  readonly begin: () => MqttSession
  readonly bytes: Uint8Array
  readonly expected: readonly MqttOutput[]
}

/** The end that a fault brings: DISCONNECT, close, timers off, closed. `sent` where the wire shows another code. */
function fault(reasonCode: number, detail: string, timer: MqttTimer, sent = reasonCode): MqttOutput[] {
  return [
    { type: 'send', bytes: Uint8Array.of(0xe0, 2, sent, 0) },
    { type: 'close' },
    { type: 'cancelTimer', timer },
    { type: 'closed', cause: 'protocolError', reasonCode, detail },
  ]
}

function atHandshake(title: string, bytes: Uint8Array, reasonCode: number, detail: string): InboundCase {
  return { title, begin: connecting, bytes, expected: fault(reasonCode, detail, 'connect') }
}

function onceConnected(title: string, bytes: Uint8Array, reasonCode: number, detail: string): InboundCase {
  return { title, begin: connected, bytes, expected: fault(reasonCode, detail, 'keepAlive') }
}

const PROTOCOL_ERROR = 0x82
const MALFORMED = 0x81

const ACCEPTED: MqttOutput = {
  type: 'connected',
  sessionPresent: false,
  sessionExpirySeconds: 0,
  receiveMaximum: 65_535,
  maximumPacketSize: 268_435_460,
  maximumQoS: 2,
  retainAvailable: true,
  keepAliveSeconds: 60,
  topicAliasMaximum: 0,
  wildcardSubscriptionAvailable: true,
  sharedSubscriptionAvailable: true,
}

const CONNACK_OFF: MqttOutput = { type: 'cancelTimer', timer: 'connect' }
const KEEP_ALIVE_ON: MqttOutput = { type: 'setTimer', timer: 'keepAlive', delayMs: 45_000 }
const KEEP_ALIVE_OFF: MqttOutput = { type: 'cancelTimer', timer: 'keepAlive' }

const acceptedHandshakes: readonly InboundCase[] = [
  {
    title: 'MQTT 5 §3.2.2.3 CONNACK without properties gives the defaults of the standard',
    begin: connecting,
    bytes: hex('20 03 00 00 00'),
    expected: [CONNACK_OFF, ACCEPTED, KEEP_ALIVE_ON],
  },
  {
    title: 'CONN-5 CONNACK properties are the limits of the session',
    begin: connecting,
    bytes: connack({
      receiveMaximum: 7,
      maximumPacketSize: 512,
      maximumQoS: 1,
      retainAvailable: false,
      serverKeepAlive: 20,
      topicAliasMaximum: 9,
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      assignedClientIdentifier: 'chosen',
      reasonString: 'welcome',
      responseInformation: 'r',
      sessionExpiryInterval: 0,
      userProperties: { a: ['1', '2'], b: '3' },
    }),
    expected: [
      CONNACK_OFF,
      {
        type: 'connected',
        sessionPresent: false,
        sessionExpirySeconds: 0,
        receiveMaximum: 7,
        maximumPacketSize: 512,
        maximumQoS: 1,
        retainAvailable: false,
        keepAliveSeconds: 20,
        topicAliasMaximum: 9,
        wildcardSubscriptionAvailable: false,
        sharedSubscriptionAvailable: false,
        assignedClientId: 'chosen',
        reasonString: 'welcome',
      },
      { type: 'setTimer', timer: 'keepAlive', delayMs: 15_000 },
    ],
  },
  {
    title: 'CONN-5 CONNACK maximum QoS 0 is passed on',
    begin: connecting,
    bytes: hex('20 05 00 00 02 24 00'),
    expected: [CONNACK_OFF, { ...ACCEPTED, maximumQoS: 0 }, KEEP_ALIVE_ON],
  },
  {
    title: 'MQTT 5 §3.2.2.3.14 server keep alive 0 turns the keep alive off',
    begin: connecting,
    bytes: connack({ serverKeepAlive: 0 }),
    expected: [CONNACK_OFF, { ...ACCEPTED, keepAliveSeconds: 0 }],
  },
  {
    title: 'MQTT 5 §3.2.2.1.1 a session that is present is passed on without a clean start',
    begin: () => connecting({ cleanStart: false }),
    bytes: hex('20 03 01 00 00'),
    expected: [CONNACK_OFF, { ...ACCEPTED, sessionPresent: true }, KEEP_ALIVE_ON],
  },
  {
    title: 'CONN-2 a session that the server has not kept is no fault without a clean start',
    begin: () => connecting({ cleanStart: false, sessionExpirySeconds: 600 }),
    bytes: hex('20 03 00 00 00'),
    expected: [CONNACK_OFF, { ...ACCEPTED, sessionExpirySeconds: 600 }, KEEP_ALIVE_ON],
  },
  {
    title: 'CONN-2 MQTT 5 §3.2.2.3.2 the server may keep the session for less than we asked',
    begin: () => connecting({ cleanStart: false, sessionExpirySeconds: 600 }),
    bytes: connack({ sessionExpiryInterval: 60 }),
    expected: [CONNACK_OFF, { ...ACCEPTED, sessionExpirySeconds: 60 }, KEEP_ALIVE_ON],
  },
  {
    title:
      'CONN-2 MQTT 5 §4.4 with a kept session messages come before SUBACK, and may have come before (DUP)',
    begin: () => connecting({ cleanStart: false, sessionExpirySeconds: 600 }),
    bytes: joined(hex('20 03 01 00 00'), hex('3a 07 0001 61 0007 00 78')),
    expected: [
      CONNACK_OFF,
      { ...ACCEPTED, sessionPresent: true, sessionExpirySeconds: 600 },
      KEEP_ALIVE_ON,
      { type: 'message', qos: 1, packetId: 7, topic: 'a', payload: utf8('x'), retain: false, dup: true },
    ],
  },
  {
    title: 'CONN-4 a refusing CONNACK ends the session, and what follows it is ignored',
    begin: connecting,
    bytes: joined(
      encode({
        cmd: 'connack',
        sessionPresent: false,
        reasonCode: 0x9d,
        properties: { reasonString: 'moved', serverReference: 'other.example:8883' },
      }),
      hex('00 ff ff ff ff ff'),
    ),
    expected: [
      {
        type: 'refused',
        reasonCode: 0x9d,
        reasonName: 'Server moved',
        reasonString: 'moved',
        serverReference: 'other.example:8883',
      },
      { type: 'close' },
      CONNACK_OFF,
      {
        type: 'closed',
        cause: 'refused',
        reasonCode: 0x9d,
        detail: 'the server refused, Server moved: moved',
      },
    ],
  },
  {
    title: 'CONN-4 a refusal without words has none, and 0x80 is the first of the refusals',
    begin: connecting,
    bytes: hex('20 03 00 80 00'),
    expected: [
      { type: 'refused', reasonCode: 0x80, reasonName: 'Unspecified error' },
      { type: 'close' },
      CONNACK_OFF,
      { type: 'closed', cause: 'refused', reasonCode: 0x80, detail: 'the server refused, Unspecified error' },
    ],
  },
]

const NOT_CONNACK = 'the first packet of the server is not CONNACK'
const NOT_THIS_PACKET = 'does not belong to this packet'

const faultyHandshakes: readonly InboundCase[] = [
  atHandshake('MQTT 5 §3.2 PINGRESP before CONNACK', hex('d0 00'), PROTOCOL_ERROR, NOT_CONNACK),
  atHandshake('MQTT-3.14.0-1 DISCONNECT before CONNACK', hex('e0 00'), PROTOCOL_ERROR, NOT_CONNACK),
  atHandshake('MQTT 5 §3.2 a server of HTTP', utf8('HTTP/1.1 400 Bad Request'), PROTOCOL_ERROR, NOT_CONNACK),
  atHandshake('MQTT 5 §2.1.3 CONNACK with flags', hex('21 03 00 00 00'), MALFORMED, 'reserved flags are set'),
  atHandshake(
    'MQTT 5 §3.2 CONNACK of an MQTT 3 server',
    hex('20 02 00 01'),
    MALFORMED,
    'CONNACK without properties: a server of MQTT 3 answers so',
  ),
  atHandshake('MQTT 5 §3.2 an empty CONNACK', hex('20 00'), MALFORMED, 'the packet ends inside a field'),
  atHandshake(
    'MQTT 5 §3.2.2.1 CONNACK with reserved acknowledge flags',
    hex('20 03 02 00 00'),
    MALFORMED,
    'CONNACK with reserved flags',
  ),
  atHandshake(
    'MQTT-3.2.2-4 a session after a clean start',
    hex('20 03 01 00 00'),
    PROTOCOL_ERROR,
    'CONNACK has a session after a clean start',
  ),
  atHandshake(
    'MQTT 5 §3.2.2.2 an undefined reason code below 0x80',
    hex('20 03 00 05 00'),
    PROTOCOL_ERROR,
    'CONNACK with a reason code that is not defined',
  ),
  atHandshake(
    'MQTT 5 §3.2.2.3.3 receive maximum 0',
    hex('20 06 00 00 03 21 0000'),
    PROTOCOL_ERROR,
    'receive maximum is 0',
  ),
  atHandshake(
    'MQTT 5 §3.2.2.3.6 maximum packet size 0',
    hex('20 08 00 00 05 27 00000000'),
    PROTOCOL_ERROR,
    'maximum packet size is 0',
  ),
  atHandshake(
    'MQTT 5 §3.2.2.3.4 maximum QoS 2',
    hex('20 05 00 00 02 24 02'),
    PROTOCOL_ERROR,
    'maximum QoS is neither 0 nor 1',
  ),
  atHandshake(
    'MQTT 5 §3.2.2.3.5 retain available 2',
    hex('20 05 00 00 02 25 02'),
    PROTOCOL_ERROR,
    'retain available is neither 0 nor 1',
  ),
  atHandshake(
    'MQTT 5 §3.2.2.3 the same property twice, the first one 0',
    hex('20 07 00 00 04 25 00 25 01'),
    PROTOCOL_ERROR,
    'retain available stands twice',
  ),
  atHandshake(
    'MQTT 5 §2.2.2.2 a property of another packet',
    hex('20 06 00 00 03 23 0001'),
    MALFORMED,
    `property 0x23 ${NOT_THIS_PACKET}`,
  ),
  atHandshake(
    'MQTT 5 §2.2.2.2 a property that is not defined',
    hex('20 05 00 00 02 7f 00'),
    MALFORMED,
    `property 0x7f ${NOT_THIS_PACKET}`,
  ),
  atHandshake(
    'MQTT 5 §2.2.2.1 a property longer than the properties',
    hex('20 07 00 00 02 21 00 07 00'),
    MALFORMED,
    'the properties are longer than their length says',
  ),
  atHandshake(
    'MQTT 5 §2.2.2.1 properties longer than the packet',
    hex('20 05 00 00 09 21 00 07 00 00 00 00 00 00'),
    MALFORMED,
    'the packet ends inside a field',
  ),
  atHandshake(
    'MQTT 5 §1.5.5 a property length that is longer than it needs to be',
    hex('20 04 00 00 80 00'),
    MALFORMED,
    'a variable byte integer is longer than it needs to be',
  ),
  atHandshake(
    'MQTT 5 §1.5.5 a property length of five bytes',
    hex('20 08 00 00 80 80 80 80 80 01'),
    MALFORMED,
    'a variable byte integer has more than four bytes',
  ),
  atHandshake(
    'MQTT 5 §3.2 CONNACK longer than its fields',
    hex('20 04 00 00 00 00'),
    MALFORMED,
    'the packet is longer than its fields',
  ),
  atHandshake(
    'MQTT 5 §4.12 an authentication method that was not asked for',
    hex('20 07 00 00 04 15 0001 61'),
    PROTOCOL_ERROR,
    'CONNACK has an authentication method that was not asked for',
  ),
  {
    title: 'MQTT-3.2.2-16 no client id was sent, and the server assigns none',
    begin: () => connecting({ clientId: '' }),
    bytes: hex('20 03 00 00 00'),
    expected: fault(PROTOCOL_ERROR, 'CONNACK assigns no client identifier', 'connect'),
  },
]

function publish(
  qos: 0 | 1,
  topic: string,
  payload: string,
  flags: { dup?: boolean; retain?: boolean } = {},
) {
  const { dup = false, retain = false } = flags
  return encode({ cmd: 'publish', qos, topic, payload, dup, retain, ...(qos === 1 && { messageId: 300 }) })
}

const messages: readonly InboundCase[] = [
  {
    title: 'MQTT 5 §3.3 PUBLISH at QoS 0',
    begin: connected,
    bytes: publish(0, 'a/b', 'hello'),
    expected: [{ type: 'message', qos: 0, topic: 'a/b', payload: utf8('hello'), retain: false, dup: false }],
  },
  {
    title: 'MQTT 5 §3.3 PUBLISH at QoS 1, with DUP and RETAIN',
    begin: connected,
    bytes: publish(1, 'a/b', 'hello', { dup: true, retain: true }),
    expected: [
      {
        type: 'message',
        qos: 1,
        packetId: 300,
        topic: 'a/b',
        payload: utf8('hello'),
        retain: true,
        dup: true,
      },
    ],
  },
  {
    title: 'MQTT 5 §3.3.3 PUBLISH with an empty payload, and a topic beyond ASCII',
    begin: connected,
    bytes: publish(0, 'é/水/🌊', ''),
    expected: [
      { type: 'message', qos: 0, topic: 'é/水/🌊', payload: new Uint8Array(), retain: false, dup: false },
    ],
  },
  {
    title: 'MQTT 5 §3.3.2.3 PUBLISH with every property that a server may send',
    begin: connected,
    bytes: encode({
      cmd: 'publish',
      qos: 1,
      dup: false,
      retain: false,
      messageId: 65_535,
      topic: 't',
      payload: 'p',
      properties: {
        payloadFormatIndicator: true,
        messageExpiryInterval: 60,
        contentType: 'application/json',
        responseTopic: 'r',
        correlationData: Buffer.from([0, 255]),
        subscriptionIdentifier: [1, 300],
        userProperties: { same: ['1', '2'] },
      },
    }),
    expected: [
      {
        type: 'message',
        qos: 1,
        packetId: 65_535,
        topic: 't',
        payload: utf8('p'),
        retain: false,
        dup: false,
      },
    ],
  },
  {
    title: 'MQTT 5 §2.1.4 a packet with a remaining length of three bytes, and one behind it',
    begin: connected,
    bytes: joined(publish(0, 't', 'x'.repeat(20_000)), publish(0, 'u', 'y')),
    expected: [
      { type: 'message', qos: 0, topic: 't', payload: utf8('x'.repeat(20_000)), retain: false, dup: false },
      { type: 'message', qos: 0, topic: 'u', payload: utf8('y'), retain: false, dup: false },
    ],
  },
]

const PUBLISH_MALFORMED = 'a string is not well-formed UTF-8'
const WILDCARD = 'PUBLISH to a topic with a wildcard'

const faultyMessages: readonly InboundCase[] = [
  {
    title:
      'MQTT-3.8.4-8 PUBLISH at QoS 2, known from its first byte: 0x9B is for servers to send, so 0x82 goes out',
    begin: connected,
    bytes: hex('34'),
    expected: fault(0x9b, 'PUBLISH at QoS 2, which was never granted', 'keepAlive', 0x82),
  },
  onceConnected('MQTT-3.3.1-4 PUBLISH at QoS 3', hex('36'), MALFORMED, 'PUBLISH with both QoS bits set'),
  onceConnected(
    'MQTT-3.3.1-2 PUBLISH at QoS 0 with DUP',
    hex('38'),
    PROTOCOL_ERROR,
    'PUBLISH at QoS 0 with the DUP flag',
  ),
  onceConnected(
    'MQTT-2.2.1-4 PUBLISH with packet identifier 0',
    hex('32 06 0001 61 0000 00'),
    PROTOCOL_ERROR,
    'PUBLISH with packet identifier 0',
  ),
  onceConnected(
    'MQTT 5 §3.3.2.1 PUBLISH without a topic',
    hex('30 03 0000 00'),
    PROTOCOL_ERROR,
    'PUBLISH without a topic',
  ),
  onceConnected('MQTT-3.3.2-2 PUBLISH to +', publish(0, 'a/+', ''), MALFORMED, WILDCARD),
  onceConnected('MQTT-3.3.2-2 PUBLISH to #', publish(0, '#', ''), MALFORMED, WILDCARD),
  onceConnected(
    'MQTT 5 §3.3.2.3.4 PUBLISH with a topic alias, though we take none',
    hex('30 06 0000 03 23 0001'),
    0x94,
    'PUBLISH with a topic alias, of which we take none',
  ),
  onceConnected(
    'MQTT-1.5.4-1 a topic with bytes that are no UTF-8',
    hex('30 05 0002 c328 00'),
    MALFORMED,
    PUBLISH_MALFORMED,
  ),
  onceConnected(
    'MQTT-1.5.4-1 a topic with a surrogate',
    hex('30 06 0003 eda080 00'),
    MALFORMED,
    PUBLISH_MALFORMED,
  ),
  onceConnected(
    'MQTT-1.5.4-1 a topic in an overlong form',
    hex('30 05 0002 c0af 00'),
    MALFORMED,
    PUBLISH_MALFORMED,
  ),
  onceConnected('MQTT-1.5.4-2 a topic with U+0000', hex('30 04 0001 00 00'), MALFORMED, PUBLISH_MALFORMED),
  onceConnected(
    'MQTT-1.5.4-1 a content type that ends inside a character, whose rest is the payload',
    hex('30 09 0001 61 04 03 0001 c3 a9'),
    MALFORMED,
    PUBLISH_MALFORMED,
  ),
  onceConnected(
    'MQTT-1.5.4-1 a response topic that is no UTF-8',
    hex('30 08 0001 61 04 08 0001 ff'),
    MALFORMED,
    PUBLISH_MALFORMED,
  ),
  onceConnected(
    'MQTT-1.5.4-1 a user property whose value is no UTF-8',
    hex('30 0b 0001 61 07 26 0001 61 0001 ff'),
    MALFORMED,
    PUBLISH_MALFORMED,
  ),
  onceConnected(
    'MQTT 5 §3.3.2.3.5 the response topic twice',
    hex('30 0c 0001 61 08 08 0001 62 08 0001 62'),
    PROTOCOL_ERROR,
    'response topic stands twice',
  ),
  onceConnected(
    'MQTT 5 §3.3.2.3.2 payload format indicator 2',
    hex('30 06 0001 61 02 01 02'),
    PROTOCOL_ERROR,
    'payload format indicator is neither 0 nor 1',
  ),
  onceConnected(
    'MQTT 5 §3.3.2.3.8 subscription identifier 0',
    hex('30 06 0001 61 02 0b 00'),
    PROTOCOL_ERROR,
    'subscription identifier is 0',
  ),
  onceConnected(
    'MQTT 5 §3.3.2 PUBLISH that ends in its topic',
    hex('30 03 0009 61'),
    MALFORMED,
    'the packet ends inside a field',
  ),
  onceConnected(
    'MQTT 5 §3.3.2 PUBLISH that ends before its packet identifier, with another packet behind it',
    hex('32 03 0001 61 d0 00 d0 00'),
    MALFORMED,
    'the packet ends inside a field',
  ),
  {
    title: 'MQTT-3.3.4-9 one message more than our receive maximum: 0x93',
    begin: () => connected({}, { receiveMaximum: 2 }),
    bytes: hex('32 06 0001 61 0001 00  32 06 0001 61 0002 00  32 06 0001 61 0003 00'),
    expected: [
      {
        type: 'message',
        qos: 1,
        packetId: 1,
        topic: 'a',
        payload: new Uint8Array(),
        retain: false,
        dup: false,
      },
      {
        type: 'message',
        qos: 1,
        packetId: 2,
        topic: 'a',
        payload: new Uint8Array(),
        retain: false,
        dup: false,
      },
      ...fault(0x93, 'more than 2 messages without our PUBACK', 'keepAlive'),
    ],
  },
  {
    title: 'MQTT-2.2.1-4 a packet identifier that waits for our PUBACK comes again',
    begin: connected,
    bytes: hex('32 06 0001 61 0001 00  3a 06 0001 61 0001 00'),
    expected: [
      {
        type: 'message',
        qos: 1,
        packetId: 1,
        topic: 'a',
        payload: new Uint8Array(),
        retain: false,
        dup: false,
      },
      ...fault(PROTOCOL_ERROR, 'PUBLISH with a packet identifier in use', 'keepAlive'),
    ],
  },
]

function withDeliveries(): MqttSession {
  const session = connected()
  for (const delivery of ['one', 'two', 'three', 'four'])
    session.publish({ topic: 't', payload: '', delivery })
  return session
}

function withSubscription(): MqttSession {
  const session = connected()
  session.subscribe([
    { topic: 'acks', qos: 1 },
    { topic: 'desired', qos: 1 },
  ])
  return session
}

const NO_DELIVERY = 'PUBACK for a packet identifier that waits for none'
const NO_SUBSCRIBE = 'SUBACK for a packet identifier that waits for none'

const acknowledgements: readonly InboundCase[] = [
  {
    title: 'MQTT 5 §3.4.2 PUBACK in each of its lengths, in another order than we published',
    begin: withDeliveries,
    bytes: joined(
      hex('40 02 0003'),
      hex('40 03 0001 10'),
      hex('40 04 0002 97 00'),
      encode({
        cmd: 'puback',
        messageId: 4,
        reasonCode: 0x87,
        properties: { reasonString: 'no', userProperties: { a: 'b' } },
      }),
    ),
    expected: [
      { type: 'published', delivery: 'three', reasonCode: 0x00 },
      { type: 'published', delivery: 'one', reasonCode: 0x10 },
      { type: 'published', delivery: 'two', reasonCode: 0x97 },
      { type: 'published', delivery: 'four', reasonCode: 0x87, reasonString: 'no' },
    ],
  },
  onceConnected('MQTT 5 §4.3.2 PUBACK for nothing', hex('40 02 0001'), PROTOCOL_ERROR, NO_DELIVERY),
  {
    title: 'MQTT 5 §4.3.2 a second PUBACK for one message',
    begin: withDeliveries,
    bytes: hex('40 02 0001 40 02 0001'),
    expected: [
      { type: 'published', delivery: 'one', reasonCode: 0 },
      ...fault(PROTOCOL_ERROR, NO_DELIVERY, 'keepAlive'),
    ],
  },
  {
    title: 'MQTT 5 §3.4.2.1 PUBACK with a reason code that PUBACK has not',
    begin: withDeliveries,
    bytes: hex('40 03 0001 8e'),
    expected: fault(MALFORMED, 'Invalid puback reason code', 'keepAlive'),
  },
  onceConnected(
    'MQTT 5 §3.4.2 PUBACK of one byte',
    hex('40 01 00 d0 00'),
    MALFORMED,
    'the packet ends inside a field',
  ),
  onceConnected(
    'MQTT 5 §3.4.2 PUBACK longer than its fields',
    hex('40 05 0001 00 00 00'),
    MALFORMED,
    'the packet is longer than its fields',
  ),
  {
    title: 'SUB-3 SUBACK tells what each topic was granted',
    begin: withSubscription,
    bytes: encode({ cmd: 'suback', messageId: 1, granted: [1, 0x87], properties: { reasonString: 'some' } }),
    expected: [
      {
        type: 'subscribed',
        grants: [
          { topic: 'acks', reasonCode: 1 },
          { topic: 'desired', reasonCode: 0x87 },
        ],
        reasonString: 'some',
      },
    ],
  },
  {
    title: 'MQTT 5 §3.9.3 a lower QoS than asked for is a grant',
    begin: withSubscription,
    bytes: hex('90 05 0001 00 00 01'),
    expected: [
      {
        type: 'subscribed',
        grants: [
          { topic: 'acks', reasonCode: 0 },
          { topic: 'desired', reasonCode: 1 },
        ],
      },
    ],
  },
  onceConnected('MQTT 5 §3.9.2 SUBACK for nothing', hex('90 04 0001 00 01'), PROTOCOL_ERROR, NO_SUBSCRIBE),
  {
    title: 'MQTT 5 §3.9.2 SUBACK with the packet identifier of a PUBLISH',
    begin: withDeliveries,
    bytes: hex('90 04 0001 00 01'),
    expected: fault(PROTOCOL_ERROR, NO_SUBSCRIBE, 'keepAlive'),
  },
  {
    title: 'MQTT 5 §3.4.2 PUBACK with the packet identifier of a SUBSCRIBE',
    begin: withSubscription,
    bytes: hex('40 02 0001'),
    expected: fault(PROTOCOL_ERROR, NO_DELIVERY, 'keepAlive'),
  },
  {
    title: 'MQTT 5 §3.9.3 SUBACK with too few reason codes',
    begin: withSubscription,
    bytes: hex('90 04 0001 00 01'),
    expected: fault(PROTOCOL_ERROR, 'SUBACK with 1 reason codes for 2 topics', 'keepAlive'),
  },
  {
    title: 'MQTT 5 §3.9.3 SUBACK with too many reason codes',
    begin: withSubscription,
    bytes: hex('90 06 0001 00 01 01 01'),
    expected: fault(PROTOCOL_ERROR, 'SUBACK with 3 reason codes for 2 topics', 'keepAlive'),
  },
  {
    title: 'MQTT 5 §3.9.3 SUBACK that grants QoS 2',
    begin: withSubscription,
    bytes: hex('90 05 0001 00 01 02'),
    expected: fault(PROTOCOL_ERROR, 'SUBACK grants more than was asked for', 'keepAlive'),
  },
  {
    title: 'MQTT 5 §3.9.3 SUBACK with a reason code that SUBACK has not',
    begin: withSubscription,
    bytes: hex('90 05 0001 00 01 8e'),
    expected: fault(MALFORMED, 'Invalid suback code', 'keepAlive'),
  },
]

const DISCONNECTED = 'the server sent DISCONNECT'

const disconnects: readonly InboundCase[] = [
  {
    title: 'MQTT 5 §3.14.2.1 DISCONNECT without a reason code is 0x00, and what follows it is ignored',
    begin: connected,
    bytes: hex('e0 00  00 ff ff'),
    expected: [
      { type: 'close' },
      KEEP_ALIVE_OFF,
      { type: 'closed', cause: 'server', reasonCode: 0, detail: `${DISCONNECTED}, Success` },
    ],
  },
  {
    title: 'MQTT 5 §3.14.2.2.1 DISCONNECT with a reason code and no properties, and a packet behind it',
    begin: connected,
    bytes: hex('e0 01 8e  d0 00'),
    expected: [
      { type: 'close' },
      KEEP_ALIVE_OFF,
      { type: 'closed', cause: 'server', reasonCode: 0x8e, detail: `${DISCONNECTED}, Session taken over` },
    ],
  },
  {
    title: 'REC-3 DISCONNECT with a reason string and a server reference',
    begin: connected,
    bytes: encode({
      cmd: 'disconnect',
      reasonCode: 0x9c,
      properties: { reasonString: 'busy here', serverReference: 'there' },
    }),
    expected: [
      { type: 'close' },
      KEEP_ALIVE_OFF,
      {
        type: 'closed',
        cause: 'server',
        reasonCode: 0x9c,
        detail: `${DISCONNECTED}, Use another server: busy here`,
        serverReference: 'there',
      },
    ],
  },
  onceConnected(
    'MQTT 5 §3.14.2.1 DISCONNECT with a reason code that DISCONNECT has not',
    hex('e0 01 86'),
    MALFORMED,
    'Invalid disconnect reason code',
  ),
  onceConnected(
    'MQTT-3.14.2-2 DISCONNECT of a server with a session expiry interval',
    hex('e0 07 00 05 11 00000001'),
    MALFORMED,
    `property 0x11 ${NOT_THIS_PACKET}`,
  ),
]

const unexpected: readonly InboundCase[] = [
  onceConnected('MQTT 5 §3.2 a second CONNACK', hex('20 03 00 00 00'), PROTOCOL_ERROR, 'a second CONNACK'),
  onceConnected(
    'MQTT 5 §3.13 PINGRESP without a PINGREQ',
    hex('d0 00'),
    PROTOCOL_ERROR,
    'PINGRESP without a PINGREQ',
  ),
  onceConnected(
    'MQTT 5 §3.13 PINGRESP with a body',
    hex('d0 01 00'),
    MALFORMED,
    'the packet is longer than its fields',
  ),
  onceConnected('MQTT 5 §2.1.2 packet type 0', hex('00 00'), MALFORMED, 'packet type 0 is reserved'),
  ...Object.entries({
    '10': 'CONNECT',
    '50': 'PUBREC',
    '62': 'PUBREL',
    '70': 'PUBCOMP',
    '82': 'SUBSCRIBE',
    a2: 'UNSUBSCRIBE',
    b0: 'UNSUBACK',
    c0: 'PINGREQ',
    f0: 'AUTH',
  }).map(([firstByte, name]) =>
    onceConnected(
      `MQTT 5 §2.1.2 a server that sends ${name}`,
      hex(firstByte),
      PROTOCOL_ERROR,
      `the server sent ${name}`,
    ),
  ),
  ...['41 02 0001', '98 04 0001 00 01', 'd1 00', 'e8 00'].map((bytes) =>
    onceConnected(`MQTT-2.1.3-1 reserved flags: ${bytes}`, hex(bytes), MALFORMED, 'reserved flags are set'),
  ),
  onceConnected(
    'MQTT 5 §1.5.5 a remaining length of five bytes',
    hex('30 ff ff ff ff'),
    MALFORMED,
    'the remaining length has more than four bytes',
  ),
  onceConnected(
    'MQTT-1.5.5-1 a remaining length that is longer than it needs to be',
    hex('d0 80 00'),
    MALFORMED,
    'the remaining length is longer than it needs to be',
  ),
  {
    title: 'MQTT-3.1.2-24 a packet larger than our maximum, told from its length alone: 0x95',
    begin: () => connected({}, { maximumPacketSize: 100 }),
    bytes: hex('30 63'),
    expected: fault(0x95, 'a packet of 101 bytes is larger than our maximum of 100', 'keepAlive'),
  },
  {
    title: 'MQTT-3.1.2-24 the largest remaining length that there is',
    begin: connected,
    bytes: hex('30 ff ff ff 7f'),
    expected: fault(0x95, 'a packet of 268435460 bytes is larger than our maximum of 65536', 'keepAlive'),
  },
  {
    title: 'MQTT-3.1.2-24 a packet of exactly our maximum',
    begin: () => connected({}, { maximumPacketSize: 100 }),
    bytes: publish(0, 't', 'x'.repeat(94)),
    expected: [
      { type: 'message', qos: 0, topic: 't', payload: utf8('x'.repeat(94)), retain: false, dup: false },
    ],
  },
]

export const INBOUND_CASES: readonly InboundCase[] = [
  ...acceptedHandshakes,
  ...faultyHandshakes,
  ...messages,
  ...faultyMessages,
  ...acknowledgements,
  ...disconnects,
  ...unexpected,
]
