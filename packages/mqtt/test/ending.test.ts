import { createMqttSession } from '@realer-device/mqtt'
import { describe, expect, it } from 'vitest'
import { CLIENT_ID, connack, connected, connecting, everyCall, hex, packetsSent } from './support.ts'

describe('Ending a session', () => {
  it('REN-1 STOP-1 disconnect sends DISCONNECT 0x00, closes, and says so once', () => {
    const session = connected()
    const outputs = session.disconnect()
    expect(packetsSent(outputs)).toMatchObject([{ cmd: 'disconnect', reasonCode: 0 }])
    expect(outputs.slice(1)).toEqual([
      { type: 'close' },
      { type: 'cancelTimer', timer: 'keepAlive' },
      { type: 'closed', cause: 'client', reasonCode: 0, detail: 'disconnect was called' },
    ])
    expect(everyCall(session)).toEqual([])
  })

  it('MQTT 5 §3.14.2.1 disconnect takes the reasons that a client may send, and refuses the rest', () => {
    const session = connected()
    for (const reasonCode of [0x04, 0x87, 0x8d, 0x9b, 1, -1, 256, Number.NaN]) {
      expect(session.disconnect(reasonCode)).toMatchObject([
        { type: 'callRefused', call: 'disconnect', code: 'reason-code-invalid' },
      ])
    }
    expect(packetsSent(session.disconnect(0x98))).toMatchObject([{ reasonCode: 0x98 }])
  })

  it('MQTT 5 §3.14 disconnect does not wait for CONNACK', () => {
    const outputs = connecting().disconnect()
    expect(packetsSent(outputs)).toMatchObject([{ cmd: 'disconnect' }])
    expect(outputs.slice(1)).toMatchObject([
      { type: 'close' },
      { type: 'cancelTimer', timer: 'connect' },
      { type: 'closed', cause: 'client' },
    ])
  })

  it('MQTT 5 §3.1 disconnect before CONNECT sends nothing', () => {
    expect(createMqttSession({ clientId: CLIENT_ID }).disconnect()).toMatchObject([
      { type: 'close' },
      { type: 'closed', cause: 'client' },
    ])
  })

  it('MQTT-3.2.2-15 DISCONNECT is left out where the server takes no packet of its size', () => {
    expect(connected({ maximumPacketSize: 3 }).disconnect()).toMatchObject([
      { type: 'close' },
      { type: 'cancelTimer' },
      { type: 'closed', cause: 'client' },
    ])
  })

  it.each([
    ['before open()', () => createMqttSession({ clientId: CLIENT_ID }), []],
    ['before CONNACK', connecting, [{ type: 'cancelTimer', timer: 'connect' }]],
    ['once connected', connected, [{ type: 'cancelTimer', timer: 'keepAlive' }]],
  ])('REC-1 the link ends %s', (_when, begin, cancelled) => {
    const session = begin()
    expect(session.linkClosed('ECONNRESET')).toEqual([
      ...cancelled,
      { type: 'closed', cause: 'link', detail: 'ECONNRESET' },
    ])
    expect(everyCall(session)).toEqual([])
  })

  it('REC-1 the link ends without a word', () => {
    expect(connected().linkClosed()).toContainEqual({
      type: 'closed',
      cause: 'link',
      detail: 'the link ended',
    })
  })

  it('CORE-3 opening twice, and bytes before opening, are refused and change nothing', () => {
    const session = createMqttSession({ clientId: CLIENT_ID })
    expect(session.receive(connack())).toMatchObject([
      { type: 'callRefused', call: 'receive', code: 'not-open' },
    ])
    expect(session.subscribe([])).toMatchObject([{ code: 'not-connected' }])
    session.open()
    expect(session.open()).toMatchObject([{ type: 'callRefused', call: 'open', code: 'already-open' }])
    expect(session.receive(connack())).toMatchObject([{}, { type: 'connected' }, {}])
    expect(session.open()).toMatchObject([{ code: 'already-open' }])
  })

  it('MQTT 5 §3.3.3 a payload stays as it was when the host uses its read buffer again', () => {
    const session = connected()
    const buffer = hex('30 05 0001 61 00 78')
    const [message] = session.receive(buffer)
    buffer.fill(0)
    expect(message).toMatchObject({ type: 'message', payload: Uint8Array.of(0x78) })
  })
})
