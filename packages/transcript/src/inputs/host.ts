import * as v from 'valibot'
import { demoObservedAt } from '../demo.ts'
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
  stop: inputKind({
    usage: 'shutdown|decommissioning|compromise',
    meaning: 'The host stops the device.',
    args: ['reason'],
    fields: { reason: oneOf('shutdown', 'decommissioning', 'compromise') },
    play: (player, { reason }) => player.happens({ type: 'stopRequested', reason }),
  }),
}
