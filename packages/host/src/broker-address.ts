/** Where the catalog's broker is. */
export interface BrokerAddress {
  /** A name, or an IP address; an IPv6 address stands without its brackets. */
  readonly hostname: string
  readonly port: number
}

const DEFAULT_PORT = 8883

/**
 * Host and port of `mqtts://host`, `mqtts://host:port`, or the same with a bracketed IPv6 address. Null for anything else:
 * such an address is `unusable` for a link (AUTH-1).
 */
export function readBrokerAddress(url: string): BrokerAddress | null {
  const match = /^mqtts:\/\/(?:\[([0-9a-f:.]+)\]|([^\s/:@?#[\]]+))(?::(\d{1,5}))?\/?$/i.exec(url)
  const hostname = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3])
  return hostname === undefined || port < 1 || port > 65_535 ? null : { hostname, port }
}
