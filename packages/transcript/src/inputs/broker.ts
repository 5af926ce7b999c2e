import type { CloseCause, JsonObject } from '@realer-device/core'
import * as v from 'valibot'
import { demoObservedAt } from '../demo.ts'
import type { Player } from '../player.ts'
import { WordError } from '../transcript.ts'
import { type InputKind, inputKind } from './input.ts'
import { count, flag, oneOf, reason, text, value } from './kinds.ts'

const connection = v.optional(text)

const causes: readonly CloseCause[] = [
  'client',
  'server',
  'network',
  'tls',
  'keepAlive',
  'timeout',
  'protocolError',
]

/** The inputs that the broker gives on a connection: the one there is, or with `connection=` an earlier one. */
export const brokerInputs: { readonly [word: string]: InputKind } = {
  connected: inputKind({
    usage: '[receive_maximum=<n>] [maximum_packet_size=<bytes>] [connection=<connection>]',
    meaning: 'CONNACK with success.',
    fields: { receive_maximum: v.optional(count, '100'), maximum_packet_size: v.optional(count), connection },
    play: (player, { receive_maximum, maximum_packet_size, connection }) =>
      player.tells(connection, {
        type: 'mqttConnected',
        receiveMaximum: receive_maximum,
        maximumPacketSize: maximum_packet_size ?? null,
      }),
  }),
  refused: inputKind({
    usage: '<reason> [connection=<connection>]',
    meaning: 'CONNACK with a reason of 0x80 or more.',
    args: ['reason'],
    fields: { reason, connection },
    play: (player, { reason, connection }) =>
      player.tells(connection, { type: 'mqttRefused', reasonCode: reason }),
  }),
  subscribed: inputKind({
    usage: '[refuse=<topic>] [reason=<reason>] [connection=<connection>]',
    meaning: 'SUBACK: every topic is granted but the one that is refused.',
    fields: { refuse: v.optional(text), reason: v.optional(reason, '0x87'), connection },
    play: (player, { refuse, reason, connection }) => {
      const refused = refuse === undefined ? null : topicOf(player, refuse)
      const asked = player.context.connection?.asked ?? []
      if (refused !== null && !asked.includes(refused))
        throw new WordError('not-playable', refuse ?? '', 'it was not subscribed to')
      const grants = asked.map((topic) => ({ topic, reasonCode: topic === refused ? reason : 1 }))
      player.tells(connection, { type: 'mqttSubscribed', grants })
    },
  }),
  puback: inputKind({
    usage: '[<message>|<delivery>] [reason=<reason>] [connection=<connection>]',
    meaning: 'PUBACK of the publish that waits longest, or of the one that is named.',
    args: ['of'],
    fields: { of: v.optional(text), reason: v.optional(reason, '0x00'), connection },
    play: (player, { of, reason, connection }) =>
      player.tells(connection, {
        type: 'mqttPublishAnswered',
        delivery: deliveryOf(player, of),
        reasonCode: reason,
      }),
  }),
  ack: inputKind({
    usage: '<message> <status> [retryable=true] [error=<type>] [version=<version>] [connection=<connection>]',
    meaning: 'An application acknowledgement.',
    args: ['message', 'status'],
    fields: {
      message: text,
      status: text,
      retryable: v.optional(flag, 'false'),
      error: v.optional(text),
      version: v.optional(value, '1'),
      connection,
    },
    play: (player, { message, status, retryable, error, version, connection }) =>
      receives(player, connection, topicOf(player, 'acks'), {
        version,
        status,
        retryable,
        message_id: message,
        ...(error === undefined ? {} : { error: { type: error } }),
      }),
  }),
  desired: inputKind({
    usage:
      '<desired> seq=<n> [value=<value>] [valid=<seconds>] [route=<route>] [expires_at=<time>] [version=<v>]',
    meaning: 'A desired state for a route.',
    args: ['desired'],
    fields: {
      desired: text,
      seq: value,
      value: v.optional(value, 'open'),
      valid: v.optional(value, '60'),
      route: v.optional(text, 'valve'),
      expires_at: v.optional(text, demoObservedAt.replace('10:00', '10:01')),
      version: v.optional(value, '1'),
      connection,
    },
    play: (player, { desired, seq, value, valid, route, expires_at, version, connection }) =>
      receives(player, connection, topicOf(player, route), {
        version,
        desired_id: desired,
        value,
        valid_for_seconds: valid,
        expires_at,
        sequence_number: seq,
      }),
  }),
  message: inputKind({
    usage: '<topic> <payload> [connection=<connection>]',
    meaning:
      'Any message: a JSON payload, or in quotation marks any text. The topic is `acks`, a route’s name (its desired topic), or itself.',
    args: ['topic', 'payload'],
    fields: { topic: text, payload: value, connection },
    play: (player, { topic, payload, connection }) =>
      player.tells(connection, {
        type: 'mqttMessageReceived',
        topic: topicOf(player, topic),
        payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
      }),
  }),
  closed: inputKind({
    usage: '[<reason>|<cause>] [connection=<connection>]',
    meaning: 'The connection is gone: by the broker’s DISCONNECT with a reason, or by a cause (`network`).',
    args: ['by'],
    fields: { by: v.optional(v.union([reason, oneOf(...causes)]), 'network'), connection },
    play: (player, { by, connection }) =>
      player.tells(connection, {
        type: 'mqttClosed',
        cause: typeof by === 'number' ? 'server' : by,
        reasonCode: typeof by === 'number' ? by : null,
        detail: typeof by === 'number' ? 'DISCONNECT' : 'the connection is gone',
      }),
  }),
}

function receives(player: Player, connection: string | undefined, topic: string, body: JsonObject): void {
  player.tells(connection, { type: 'mqttMessageReceived', topic, payload: JSON.stringify(body) })
}

/** `acks` and a route's name stand for the demo's topics; everything else is a topic itself. */
function topicOf(player: Player, name: string): string {
  if (name === 'acks') return 'demo/acks'
  const { routes } = player.context.config
  const selector = Object.hasOwn(routes, name) ? routes[name] : undefined
  return selector === undefined ? name : `demo/${selector}/desired`
}

/** The delivery of a report, the delivery that is named, or the oldest one without a PUBACK. */
function deliveryOf(player: Player, of: string | undefined): string {
  const { connection, reports } = player.context
  if (of?.startsWith('delivery-')) return of
  const delivery =
    of === undefined
      ? connection?.inFlight[0]?.delivery
      : reports.find(({ messageId }) => messageId === of)?.delivery
  if (delivery == null)
    throw new WordError('not-playable', of ?? 'puback', 'no such PUBLISH waits for its PUBACK')
  return delivery
}
