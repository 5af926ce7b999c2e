import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const ID_LENGTH = 26

/** Random characters of the ids' alphabet (32 letters, so five bits each). */
export function randomIdText(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET.charAt(byte & 31)).join('')
}

/** A fresh `des_` id. */
export function newDesiredId(): string {
  return `des_${randomIdText(ID_LENGTH)}`
}

/** A fresh `cdv_` client id, recognisable as the sandbox's. */
export function newClientId(): string {
  const prefix = 'sandbox'
  return `cdv_${prefix}${randomIdText(ID_LENGTH - prefix.length)}`
}

/** The `rte_` id of a named route: the name in lower case, without punctuation, padded with zeros. */
export function routeIdOf(name: string): string {
  const letters = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return `rte_${letters.slice(0, ID_LENGTH).padEnd(ID_LENGTH, '0')}`
}

/** A secret that no one guesses: 256 random bits in URL-safe text. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
