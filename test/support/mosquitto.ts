import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The mosquitto program of this machine, or null; Debian puts it where a user's PATH may not look. */
export function findMosquitto(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, 'mosquitto')).find(existsSync) ?? null
}

/**
 * Whether tests with Mosquitto run: where it is installed, and where REALER_REQUIRE_MOSQUITTO=1 makes its absence a
 * failure. Where they do not, `what` is said to be skipped, in one line.
 */
export function mosquittoIsWanted(what: string): boolean {
  if (findMosquitto() !== null || process.env.REALER_REQUIRE_MOSQUITTO === '1') return true
  process.stdout.write(`SKIPPED: ${what} (Mosquitto is not installed: apt-get install mosquitto)\n`)
  return false
}
