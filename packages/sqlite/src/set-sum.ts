import { createHash } from 'node:crypto'

/**
 * A checksum over a set of entries that can be kept up to date entry by entry: the sum of their hashes, modulo 2^64. An
 * entry that was altered, lost, doubled or brought back changes it.
 */
export interface SetSum {
  readonly sum: bigint
  /** The hash of each entry, by device and key. */
  readonly hashes: ReadonlyMap<string, ReadonlyMap<string, bigint>>
}

/** One entry of a set; `text` is null for one that is not there any more. */
export interface SetEntry {
  readonly device: string
  readonly key: string
  readonly text: string | null
}

/** The sum of a set without entries: it depends on the version of the format, so that this is covered as well. */
export function emptySum(version: number): bigint {
  return hashOf('realer-device/store', String(version), '')
}

/** The first eight bytes of a SHA-256. No part holds a zero character but the last. */
export function hashOf(device: string, key: string, text: string): bigint {
  return createHash('sha256').update(`${device}\0${key}\0${text}`).digest().readBigUInt64BE()
}

/** The set after changes, in their order. The one before stays as it is. */
export function changed({ sum: before, hashes: old }: SetSum, entries: Iterable<SetEntry>): SetSum {
  const hashes = new Map(old)
  let sum = before
  for (const { device, key, text } of entries) {
    let own = hashes.get(device) as Map<string, bigint> | undefined
    if (own === undefined || own === old.get(device)) {
      own = new Map(own)
      hashes.set(device, own)
    }
    sum -= own.get(key) ?? 0n
    if (text === null) {
      own.delete(key)
      continue
    }
    const hash = hashOf(device, key, text)
    sum += hash
    own.set(key, hash)
  }
  return { sum: BigInt.asUintN(64, sum), hashes }
}
