import type { Clause } from '../contract.ts'

/** Every MUST of an MQTT client, in one sentence each. `docs/mqtt-clients.md` shows them. */
export const clientClauses: readonly Clause[] = [
  {
    id: 'CLIENT-1',
    must: 'No call throws: `openMqtt` whatever the address; each call of a connection in any state.',
  },
  { id: 'CLIENT-2', must: 'No call leads to an event before it has returned.' },
  {
    id: 'CLIENT-3',
    must: 'To an address that is not `mqtts:`, and to a broker that cannot be verified, no CONNECT leaves; `onClosed` follows.',
  },
  {
    id: 'CLIENT-4',
    must: 'CONNECT is MQTT 5 and says exactly what the request says: client id, user name, password, clean start, session expiry, will, keep alive.',
  },
  {
    id: 'CLIENT-5',
    must: '`readPassword` is called once, when the link is open and CONNECT is about to leave, and never before.',
  },
  { id: 'CLIENT-6', must: 'Where `readPassword` gives null, no CONNECT leaves, and the connection ends.' },
  {
    id: 'CLIENT-7',
    must: 'Without a link within `timeoutMs`, or without CONNACK within as much again, it ends with `timeout`.',
  },
  {
    id: 'CLIENT-8',
    must: '`onConnected` comes once, before any other event but the last, with the limits of CONNACK.',
  },
  { id: 'CLIENT-9', must: 'A CONNACK of 0x80 or more is told by `onRefused` with its code.' },
  {
    id: 'CLIENT-10',
    must: '`subscribe` sends one SUBSCRIBE with QoS 1; `onSubscribed` tells every topic with its code, refused ones too, in the order asked for.',
  },
  {
    id: 'CLIENT-11',
    must: '`publish` sends one PUBLISH with this topic and payload: QoS 1, not retained, no duplicate.',
  },
  {
    id: 'CLIENT-12',
    must: 'Each PUBACK is told once, under the delivery of its message and with its reason code, in whatever order they come.',
  },
  {
    id: 'CLIENT-13',
    must: 'What was published is never sent again by the client itself: not on this connection, and on no later one.',
  },
  {
    id: 'CLIENT-14',
    must: 'What the broker’s limits do not allow (receive maximum, packet size) is not sent, and is answered with a reason code of 0x80 or more; the connection goes on.',
  },
  {
    id: 'CLIENT-15',
    must: 'A message is told with its topic and payload. PUBACK leaves once `acknowledge` was called, with that reason code, and not before; QoS 0 gets none.',
  },
  {
    id: 'CLIENT-16',
    must: 'Events come in the order of the packets, and a message that waits for `acknowledge` holds up nothing behind it.',
  },
  {
    id: 'CLIENT-17',
    must: '`disconnect` lets leave what was sent before, then DISCONNECT with this reason code, without waiting for an answer; then the connection ends with `client`.',
  },
  {
    id: 'CLIENT-18',
    must: '`abort` ends the connection from any state; no event follows; it may be called twice.',
  },
  { id: 'CLIENT-19', must: 'The broker’s DISCONNECT ends it with `server` and that reason code.' },
  {
    id: 'CLIENT-20',
    must: 'A connection that is lost ends with `server` or `network` and no reason code, and is not opened again by the client itself.',
  },
  {
    id: 'CLIENT-21',
    must: 'Bytes that are no MQTT, and packets out of order, end the connection with `protocolError`.',
  },
  {
    id: 'CLIENT-22',
    must: 'PINGREQ leaves within the keep alive, which is the broker’s own where it names one; a broker that does not answer ends it with `keepAlive`.',
  },
  {
    id: 'CLIENT-23',
    must: '`onRefused` or `onClosed` is the last event, exactly once, unless `abort` was called; calls after it do nothing.',
  },
  { id: 'CLIENT-24', must: '`detail` is a text for people, without the password.' },
]
