import { InvalidArgumentError } from 'commander'

/** Parses a whole number within bounds; commander shows the message beside the option's name. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return value
  }
}

/** Parses a positive number of seconds; fractions are allowed. */
export function seconds(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0)
    throw new InvalidArgumentError('It must be a number of seconds above 0.')
  return value
}

/** Parses one of some words. */
export function oneOf<const Word extends string>(...words: Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
    return word
  }
}

/** Collects a repeatable `name=value` option. */
export function pair(text: string, collected: { [name: string]: string }): { [name: string]: string } {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('It must have the form NAME=VALUE.')
  return { ...collected, [text.slice(0, at)]: text.slice(at + 1) }
}

/** Collects a repeatable `name=value` option whose name may come again. */
export function pairs(text: string, collected: readonly [string, string][]): [string, string][] {
  return [...collected, ...Object.entries(pair(text, {}))]
}

/** Collects a repeatable option. */
export function repeated(text: string, collected: string[]): string[] {
  return [...collected, text]
}
