import * as v from 'valibot'
import { demoObservedAt } from '../demo.ts'
import type { Player } from '../player.ts'
import { WordError } from '../transcript.ts'
import { type InputKind, inputKind } from './input.ts'
import { oneOf, text, value } from './kinds.ts'

const at = v.optional(text, demoObservedAt)

/** The inputs that the host's own side gives: observations, answers of its handlers, the order to stop. */
export const hostInputs: { readonly [word: string]: InputKind } = {
  report: inputKind({
    usage: '<message> <route> <value> [at=<time>]',
    meaning: 'The host offers a report of something that it observed.',
    args: ['message', 'route', 'value'],
    fields: { message: text, route: text, value, at },
    play: (player, { message, route, value, at }) =>
      player.happens({ type: 'reportOffered', route, messageId: message, value, valueReceivedAt: at }),
  }),
  finished: inputKind({
    usage: '<desired> applied|rejected <value> [id=<message>] [at=<time>]',
    meaning: 'The handler ran a command or refused it; the value is what is physically true now.',
    args: ['desired', 'outcome', 'value'],
    fields: { desired: text, outcome: oneOf('applied', 'rejected'), value, id: v.optional(text), at },
    play: (player, { desired, outcome, value, id, at }) =>
      player.happens({
        type: 'commandFinished',
        desiredId: desired,
        outcome,
        messageId: id ?? `m-${desired}`,
        value,
        valueReceivedAt: at,
      }),
  }),
  late: inputKind({
    usage: '<desired>',
    meaning: 'The host came too late to begin a command that it was to run.',
    args: ['desired'],
    fields: { desired: text },
    play: (player, { desired }) => player.happens({ type: 'commandLate', desiredId: desired }),
  }),
  reads: inputKind({
    usage: '<desired> <value> [id=<message>] [at=<time>]',
    meaning: 'The host answers `readValue` with the physical value.',
    args: ['desired', 'value'],
    fields: { desired: text, value, id: v.optional(text), at },
    play: (player, { desired, value, id, at }) =>
      player.happens({
        type: 'valueRead',
        desiredId: desired,
        messageId: id ?? `m-${desired}`,
        value,
        valueReceivedAt: at,
      }),
  }),
  'cannot-read': inputKind({
    usage: '<desired>',
    meaning: 'The host answers `readValue`: the physical value is not known.',
    args: ['desired'],
    fields: { desired: text },
    play: (player, { desired }) => player.happens({ type: 'valueUnknown', desiredId: desired }),
  }),
  'route-reads': inputKind({
    usage: '<route> <value> [id=<message>] [reading=<reading>] [at=<time>]',
    meaning: 'The host answers `readRouteValue` with the physical value of a route.',
    args: ['route', 'value'],
    fields: { route: text, value, id: v.optional(text), reading: v.optional(text), at },
    play: (player, { route, value, id, reading, at }) =>
      player.happens({
        type: 'routeValueRead',
        reading: reading ?? readingOf(player, route),
        messageId: id ?? `m-${route}`,
        value,
        valueReceivedAt: at,
      }),
  }),
  'route-cannot-read': inputKind({
    usage: '<route>',
    meaning: 'The host answers `readRouteValue`: the physical value is not known.',
    args: ['route'],
    fields: { route: text },
    play: (player, { route }) =>
      player.happens({ type: 'routeValueUnknown', reading: readingOf(player, route) }),
  }),
  persist: inputKind({
    usage: '',
    meaning: 'The host stores what outlives its process.',
    fields: {},
    play: (player) => player.persist(),
  }),
  resume: inputKind({
    usage: 'restarted|continued [<changes>]',
    meaning:
      'The process ends, and another one goes on from what was stored last, with its monotonic clock; changes are a JSON Merge Patch of the snapshot.',
    args: ['clock', 'changes'],
    fields: { clock: oneOf('restarted', 'continued'), changes: v.optional(value, '{}') },
    play: (player, { clock, changes }) => player.resume(clock, changes),
  }),
  stop: inputKind({
    usage: 'shutdown|decommissioning|compromise',
    meaning: 'The host stops the device.',
    args: ['reason'],
    fields: { reason: oneOf('shutdown', 'decommissioning', 'compromise') },
    play: (player, { reason }) => player.happens({ type: 'stopRequested', reason }),
  }),
}

/** The reading that the host was asked for, of a route. */
function readingOf(player: Player, route: string): string {
  const { commands } = player.context
  const reading = Object.hasOwn(commands, route) ? commands[route]?.reading : null
  if (reading == null) throw new WordError('not-playable', route, 'no value of it was asked for')
  return reading
}
