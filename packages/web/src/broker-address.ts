import { readAddress } from '@realer-device/host'

/** Where the catalog's broker is, in the words that `connect` of Deno and of Cloudflare take. */
export interface BrokerAddress {
  /** A name or an IP address; an IPv6 address without its brackets. */
  readonly hostname: string
  readonly port: number
}

/** Reads the catalog's `mqtts:` address; null for anything else (AUTH-1). */
export function readBrokerAddress(url: string): BrokerAddress | null {
  const address = readAddress(url, 'mqtts', 8883)
  return address === null ? null : { hostname: address.host, port: address.port }
}
