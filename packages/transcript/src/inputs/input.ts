import * as v from 'valibot'
import type { Player } from '../player.ts'
import { WordError } from '../transcript.ts'
import { splitWords } from '../words.ts'
import { chance } from './kinds.ts'

/** One input, read and checked: what it does to the player that plays its story. */
export interface Input {
  /** The word that names it. */
  readonly word: string
  /** True where `brief` stands before it: its steps are told in few lines. */
  readonly brief: boolean
  /** The random number of its steps; null: the usual one. */
  readonly random: number | null
  play(player: Player): void
}

/** A kind of input: how it is written, and what it means. */
export interface InputKind {
  /** How it is written after its name, such as `<message> <route> <value> [at=<time>]`. */
  readonly usage: string
  /** What has happened, in one line. */
  readonly meaning: string
  /** Reads the words after the name. @throws {WordError} */
  bind(words: readonly string[]): (player: Player) => void
}

/**
 * Defines a kind of input. `args` are the fields that stand without a name, in their order; every other field is
 * written `name=word`.
 */
export function inputKind<Fields extends v.ObjectEntries>(kind: {
  readonly usage: string
  readonly meaning: string
  readonly args?: readonly (keyof Fields & string)[]
  readonly fields: Fields
  play(player: Player, fields: v.InferOutput<v.StrictObjectSchema<Fields, undefined>>): void
}): InputKind {
  const { usage, meaning, args = [], play } = kind
  const schema = v.strictObject(kind.fields)
  return {
    usage,
    meaning,
    bind(words) {
      const given = assign(words, args, Object.keys(kind.fields))
      const read = v.safeParse(schema, Object.fromEntries(given), { abortEarly: true })
      if (read.success) return (player) => play(player, read.output)
      const [issue] = read.issues
      const field = String(issue.path?.[0]?.key ?? '')
      const word = given.get(field)
      if (word === undefined) throw new WordError('word-invalid', field, `${field} is missing: ${usage}`)
      throw new WordError('word-invalid', word, issue.message)
    },
  }
}

/** Gives every word its field: by its name, or by its place. */
function assign(
  words: readonly string[],
  args: readonly string[],
  names: readonly string[],
): Map<string, string> {
  const given = new Map<string, string>()
  const places = [...args]
  for (const word of words) {
    const [, name, rest] = /^([a-z_]+)=(.*)$/s.exec(word) ?? []
    const field = name ?? places.shift()
    if (field === undefined) throw new WordError('word-invalid', word, 'it has no place here')
    if (!names.includes(field) || (name !== undefined && args.includes(name)))
      throw new WordError('word-invalid', word, `there is no ${field}= here`)
    if (given.has(field)) throw new WordError('word-invalid', word, 'it is given twice')
    given.set(field, rest ?? word)
  }
  return given
}

/**
 * Reads an input line without its `>`. `brief` may stand before the input's name, and every input takes `random=`.
 *
 * @throws {WordError} that names the word at fault
 */
export function readInput(line: string, kinds: ReadonlyMap<string, InputKind>): Input {
  const words = splitWords(line)
  const brief = words[0] === 'brief'
  const [word = '', ...rest] = brief ? words.slice(1) : words
  const kind = kinds.get(word)
  if (kind === undefined)
    throw new WordError('word-unknown', word, `no such input; there are ${[...kinds.keys()].join(', ')}`)
  const randoms = rest.filter((candidate) => candidate.startsWith('random='))
  const play = kind.bind(rest.filter((candidate) => !randoms.includes(candidate)))
  return { word, brief, random: readRandom(randoms), play }
}

function readRandom([given, again]: readonly string[]): number | null {
  if (given === undefined) return null
  if (again !== undefined) throw new WordError('word-invalid', again, 'it is given twice')
  const read = v.safeParse(chance, given.slice('random='.length))
  if (!read.success) throw new WordError('word-invalid', given, read.issues[0].message)
  return read.output
}
