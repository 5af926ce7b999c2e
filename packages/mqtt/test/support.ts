import {
  createMqttSession,
  type MqttOutput,
  type MqttSession,
  type MqttSessionOptions,
} from '@realer-device/mqtt'
import mqttPacket from 'mqtt-packet'

/** Bytes from hexadecimal digits; spaces are for reading. */
export function hex(digits: string): Uint8Array {
  const pairs = digits.replaceAll(/\s/g, '').match(/../g) ?? []
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))
}

/** A packet as a real MQTT 5 encoder writes it. */
export function encode(packet: mqttPacket.Packet): Uint8Array {
  return new Uint8Array(mqttPacket.generate(packet, { protocolVersion: 5 }))
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Reads packets out of chunks of bytes, as a decoder that is not the session's own. */
export function packetReader(tell: (packet: mqttPacket.Packet) => void): (chunk: Uint8Array) => void {
  const parser = mqttPacket.parser({ protocolVersion: 5 })
  parser.on('packet', tell)
  parser.on('error', (error) => {
    throw error
  })
  return (chunk) => {
    parser.parse(Buffer.from(chunk))
  }
}

/** What the server reads of the bytes that the outputs send. */
export function packetsSent(outputs: readonly MqttOutput[]): mqttPacket.Packet[] {
  const packets: mqttPacket.Packet[] = []
  const read = packetReader((packet) => packets.push(packet))
  for (const output of outputs) if (output.type === 'send') read(output.bytes)
  return packets
}

export type ConnackProperties = NonNullable<mqttPacket.IConnackPacket['properties']>

export function connack(properties: ConnackProperties = {}): Uint8Array {
  return encode({ cmd: 'connack', sessionPresent: false, reasonCode: 0, properties })
}

export const CLIENT_ID = 'cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa'

/** A session whose CONNECT is out. */
export function connecting(options: Partial<MqttSessionOptions> = {}): MqttSession {
  const session = createMqttSession({ clientId: CLIENT_ID, ...options })
  session.open()
  return session
}

/** A session after CONNACK. */
export function connected(
  properties: ConnackProperties = {},
  options: Partial<MqttSessionOptions> = {},
): MqttSession {
  const session = connecting(options)
  const outputs = session.receive(connack(properties))
  if (!outputs.some(({ type }) => type === 'connected'))
    throw new Error(`not connected: ${JSON.stringify(outputs)}`)
  return session
}

/** Every call there is: after `closed` each must answer with nothing. */
export function everyCall(session: MqttSession): MqttOutput[] {
  return [
    ...session.open(),
    ...session.receive(connack()),
    ...session.subscribe([{ topic: 'a', qos: 1 }]),
    ...session.publish({ topic: 'a', payload: '', delivery: 'd' }),
    ...session.acknowledge(1),
    ...session.disconnect(),
    ...session.timerFired('connect'),
    ...session.timerFired('keepAlive'),
    ...session.timerFired('pingResponse'),
    ...session.linkClosed(),
  ]
}
