/**
 * Seeded chance from integers alone, so that every engine draws the same numbers: the generator sfc32, whose three
 * words and counter are mixed by additions, shifts and rotations of 32 bits.
 */
export class Chance {
  #a: number
  #b: number
  #c = 0
  #counter = 1

  /** @param seed a whole number of 32 bits */
  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.imul(seed + 1, 0x9e37_79b1) | 0
    // The first numbers of near seeds are near.
    for (let round = 0; round < 12; round++) this.word()
  }

  /** 32 random bits, as a number of 0 to 2^32 - 1. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A number in [0,1) of 32 bits: the division by a power of two is exact. */
  real(): number {
    return this.word() / 0x1_0000_0000
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return this.word() % bound
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  /** One of a list that is not empty. */
  of<Value>(list: readonly Value[]): Value {
    const chosen = this.any(list)
    if (chosen === undefined) throw new RangeError('the list is empty')
    return chosen
  }

  /** One of a list; undefined of an empty one. */
  any<Value>(list: readonly Value[]): Value | undefined {
    return list[this.below(Math.max(1, list.length))]
  }

  /** One of a list of weighted choices; weights are whole numbers, not all of them 0. */
  weighted<Value>(choices: readonly { readonly weight: number; readonly value: Value }[]): Value {
    let left = this.below(choices.reduce((sum, { weight }) => sum + weight, 0))
    for (const { weight, value } of choices) {
      if (left < weight) return value
      left -= weight
    }
    throw new RangeError('no choice has a weight')
  }
}
