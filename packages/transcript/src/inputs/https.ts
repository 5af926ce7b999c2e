import { callFailed, type JsonObject, readAnswer } from '@realer-device/core'
import * as v from 'valibot'
import { catalogBody, mergePatch, tokenBody, tupleBody } from '../demo.ts'
import type { Player } from '../player.ts'
import { type InputKind, inputKind } from './input.ts'
import { count, object, oneOf, text, value } from './kinds.ts'

const call = v.optional(text)
const patch = v.optional(object, '{}')

/** The fields of a tuple that a story may give. */
export const tupleFields = {
  expires_in: v.optional(value),
  renew_after: v.optional(value),
  session_hard_expires_in: v.optional(value),
  scopes: v.optional(value),
}

/** The inputs that answer an HTTPS call: the outstanding one, or with `call=` an earlier one. */
export const httpsInputs: { readonly [word: string]: InputKind } = {
  http: inputKind({
    usage: '<status> [<body>] [retry_after=<seconds>] [call=<call>]',
    meaning: 'An HTTPS answer as it came: a JSON body, or in quotation marks any text.',
    args: ['status', 'body'],
    fields: { status: count, body: v.optional(value, '""'), retry_after: v.optional(count), call },
    play: (player, { status, body, retry_after, call }) =>
      answer(
        player,
        call,
        status,
        retry_after ?? null,
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
  }),
  token: inputKind({
    usage: '[expires_in=<seconds>] [renew_after=<seconds>] [call=<call>]',
    meaning: 'The token endpoint issues a token.',
    fields: { expires_in: v.optional(value), renew_after: v.optional(value), call },
    play: (player, { call, ...fields }) => answerOk(player, call, tokenBody, given(fields)),
  }),
  catalog: inputKind({
    usage: '[<changes>] [call=<call>]',
    meaning: 'The catalog comes: the demo’s, with changes as a JSON Merge Patch.',
    args: ['changes'],
    fields: { changes: patch, call },
    play: (player, { changes, call }) => answerOk(player, call, catalogBody, changes),
  }),
  tuple: inputKind({
    usage: '[expires_in=<s>] [renew_after=<s>] [session_hard_expires_in=<s>] [scopes=<array>] [call=<call>]',
    meaning: 'The credential endpoint issues a CONNECT tuple; a field that is null is left out.',
    fields: { ...tupleFields, call },
    play: (player, { call, ...fields }) => answerOk(player, call, tupleBody, tupleChanges(fields)),
  }),
  fails: inputKind({
    usage: '<failure> [<detail>] [call=<call>]',
    meaning: 'The HTTPS call brings no answer at all.',
    args: ['failure', 'detail'],
    fields: { failure: oneOf('network', 'tls', 'timeout'), detail: v.optional(text, 'no answer'), call },
    play: (player, { failure, detail, call }) =>
      player.answers(call, (outstanding) => callFailed(outstanding, failure, detail)),
  }),
}

/** An HTTPS answer goes through the core's own door, and the host keeps the secret in it. */
export function answer(
  player: Player,
  call: string | undefined,
  status: number,
  retryAfterSeconds: number | null,
  body: string,
): void {
  player.answers(call, (outstanding) => {
    const { event, secret } = readAnswer(outstanding, { status, retryAfterSeconds, body })
    if (secret !== null) player.keepsSecret(secret.secret)
    return event
  })
}

function answerOk(player: Player, call: string | undefined, body: JsonObject, changes: JsonObject): void {
  answer(player, call, 200, null, JSON.stringify(mergePatch(body, changes)))
}

/** The changes of the tuple's body that such fields mean. */
export function tupleChanges(fields: {
  readonly [name: string]: JsonObject[string] | undefined
}): JsonObject {
  return { mqtt: given(fields) }
}

/** The fields that the story names. */
function given(fields: { readonly [name: string]: JsonObject[string] | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
