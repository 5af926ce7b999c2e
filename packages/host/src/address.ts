/** Host and port of an address. */
export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Reads `scheme://host` or `scheme://host:port`, with an IPv6 address in brackets; null where it is anything else, such as
 * with a user, a path or a character that no host name has.
 */
export function readAddress(url: string, scheme: string, defaultPort: number): Address | null {
  const match = /^([a-z]+):\/\/(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?\/?$/i.exec(url)
  const [, given = '', ipv6, name, digits] = match ?? []
  const host = ipv6 ?? name
  const port = digits === undefined ? defaultPort : Number(digits)
  if (host === undefined || given.toLowerCase() !== scheme || port < 1 || port > 65_535) return null
  return { host, port }
}
