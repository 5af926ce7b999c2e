import {
  type CallPurpose,
  type DeviceEvent,
  type JsonObject,
  type JsonValue,
  type TimerName,
  timers,
} from '@realer-device/core'
import { catalogBody, mergePatch, tokenBody, tupleBody } from '../demo.ts'
import type { Player } from '../player.ts'
import { WordError } from '../transcript.ts'
import { answer, tupleChanges, tupleFields } from './https.ts'
import { type InputKind, inputKind } from './input.ts'
import { duration, instant, object, oneOf } from './kinds.ts'

/** The inputs that begin a story, move its time, or give any event at all. */
export const deviceInputs: { readonly [word: string]: InputKind } = {
  configure: inputKind({
    usage: '<options>',
    meaning: 'The device’s options, merged over the demo’s; before the start only.',
    args: ['options'],
    fields: { options: object },
    play: (player, { options }) => player.configure(options),
  }),
  start: inputKind({
    usage: '',
    meaning: 'The device starts.',
    fields: {},
    play: (player) => player.start(),
  }),
  online: inputKind({
    usage: '[expires_in=<s>] [renew_after=<s>] [session_hard_expires_in=<s>] [scopes=<array>]',
    meaning:
      'The cloud answers everything as it should until the device is online, told in one line; from the start, the host then cannot tell its routes’ values.',
    fields: tupleFields,
    play: (player, fields) => goOnline(player, tupleChanges(fields)),
  }),
  fires: inputKind({
    usage: '<timer>',
    meaning: 'Time passes up to a timer, and it fires; so does every other that is due before it.',
    args: ['timer'],
    fields: { timer: oneOf(...(Object.keys(timers) as TimerName[])) },
    play: (player, { timer }) => player.fires(timer),
  }),
  passes: inputKind({
    usage: '<duration>',
    meaning: 'Time passes; timers fire when they are due.',
    args: ['time'],
    fields: { time: duration },
    play: (player, { time }) => player.passes(time),
  }),
  sleeps: inputKind({
    usage: '<duration>',
    meaning: 'Time passes while the host sleeps: no timer fires until the next input.',
    args: ['time'],
    fields: { time: duration },
    play: (player, { time }) => player.sleeps(time),
  }),
  clock: inputKind({
    usage: '<time>',
    meaning: 'The host learns the time of day, and gives it with every event from here on.',
    args: ['time'],
    fields: { time: instant },
    play: (player, { time }) => player.setClock(time),
  }),
  event: inputKind({
    usage: '<event>',
    meaning: 'Any event, as JSON: what no other input can say.',
    args: ['event'],
    fields: { event: object },
    play: (player, { event }) => player.happens(event as unknown as DeviceEvent),
  }),
}

/** More steps than any bootstrap takes. */
const maxSteps = 50

function goOnline(player: Player, changes: JsonObject): void {
  const isFirst = !player.isStarted
  if (isFirst) player.start()
  for (let steps = 0; player.context.connection?.online !== true; steps++) {
    const { call, connection, timers } = player.context
    if (steps > maxSteps) throw new WordError('not-playable', 'online', 'the device does not come online')
    if (call !== null) answer(player, undefined, 200, null, JSON.stringify(bodyOf(call.purpose, changes)))
    else if (connection === null && timers.reconnect !== undefined) player.fires('reconnect')
    else if (connection === null && timers.retryCall !== undefined) player.fires('retryCall')
    else if (connection?.limits === null)
      player.tells(undefined, { type: 'mqttConnected', receiveMaximum: 100, maximumPacketSize: null })
    else if (connection != null && timers.connectTimeout !== undefined) subscribeAll(player)
    else if (connection != null)
      player.tells(undefined, { type: 'mqttClosed', cause: 'client', reasonCode: null, detail: 'closed' })
    else throw new WordError('not-playable', 'online', 'the device waits for nothing that leads online')
  }
  if (isFirst)
    for (const { reading } of Object.values(player.context.commands))
      if (reading !== null) player.happens({ type: 'routeValueUnknown', reading })
}

function subscribeAll(player: Player): void {
  const grants = (player.context.connection?.asked ?? []).map((topic) => ({ topic, reasonCode: 1 }))
  player.tells(undefined, { type: 'mqttSubscribed', grants })
}

function bodyOf(purpose: CallPurpose, changes: JsonObject): JsonValue {
  if (purpose === 'token') return tokenBody
  if (purpose === 'catalog') return catalogBody
  return mergePatch(tupleBody, changes)
}
