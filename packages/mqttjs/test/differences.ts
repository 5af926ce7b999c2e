/** Each row fails as soon as MQTT.js refuses what the standard forbids: then it leaves here and docs/mqtt-clients.md. */
export const differences: readonly [
  what: string,
  bytes: readonly number[],
  ours: string,
  mqttjs: string[],
][] = [
  [
    'a topic that is not UTF-8 (MQTT-1.5.4-1)',
    [0x30, 0x04, 0x00, 0x01, 0xff, 0x00],
    'protocolError 0x81',
    ['message on \ufffd', 'message on after'],
  ],
  ['a PINGRESP that nobody asked for', [0xd0, 0x00], 'protocolError 0x82', ['message on after']],
  [
    'a property that has no place in a PUBLISH (receive maximum; section 2.2.2.2)',
    [0x30, 0x07, 0x00, 0x01, 0x61, 0x03, 0x21, 0x00, 0x05],
    'protocolError 0x81',
    ['message on a', 'message on after'],
  ],
  [
    'a content type that is there twice (MQTT-3.3.2-20)',
    [0x30, 0x0c, 0x00, 0x01, 0x61, 0x08, 0x03, 0x00, 0x01, 0x78, 0x03, 0x00, 0x01, 0x79],
    'protocolError 0x82',
    ['message on a', 'message on after'],
  ],
  [
    'DUP on a message of QoS 0 (MQTT-3.3.1-2)',
    [0x38, 0x04, 0x00, 0x01, 0x61, 0x00],
    'protocolError 0x82',
    ['message on a', 'message on after'],
  ],
]
