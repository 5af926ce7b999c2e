import { connect, isIP, type NetConnectOpts } from 'node:net'
import { type Address, ConfigError, type OpenLink, readAddress } from '@realer-device/host'
import { isLoopback, isOwn, lookupLocalhost, lookupOwn } from './own-network.ts'
import { joinSocket, unusableLink } from './socket-link.ts'

/** Where links without TLS may lead, besides this machine. */
export interface TcpLinkOptions {
  /**
   * Hosts on a network of your own that may be reached without TLS: names or addresses, without a port. Default: none;
   * then `mqtt:` leads to loopback alone. An address that the Internet leads to is never one of them, nor a name that
   * stands for one (AUTH-1).
   */
  readonly hosts?: readonly string[]
  /**
   * TLS terminators: for a broker's address as the catalog has it (`mqtts://host` or `mqtts://host:port`), the place that
   * takes the bytes and does the TLS: `mqtt://127.0.0.1:1883`, or `unix:/path` of a socket. The terminator MUST verify the
   * broker's certificate and name (CONN-1). Default: none; then no `mqtts:` address is usable.
   */
  readonly terminators?: { readonly [brokerUrl: string]: string }
}

const unusable = 'without TLS, only loopback, a host of the options and a terminator are led to'

/**
 * TCP links, for a TLS terminator on the same machine and for tests. A public broker is refused as `unusable`, before a
 * byte is sent (AUTH-1).
 *
 * @throws {ConfigError} fields `hosts` and `terminators`, for what is no such host or address, or a public one
 */
export function nodeTcpLink({
  hosts: givenHosts = [],
  terminators: given = {},
}: TcpLinkOptions = {}): OpenLink {
  const hosts = readHosts(givenHosts)
  const terminators = readTerminators(given, hosts)
  return (target, events) => {
    const broker = readBroker(target.url)
    const place = broker === null ? placeOf(target.url, hosts) : (terminators.get(keyOf(broker)) ?? null)
    if (place === null) return unusableLink(events, unusable)
    return joinSocket(connect(place), 'connect', target, events)
  }
}

const readBroker = (url: string): Address | null => readAddress(url, 'mqtts', 8883)

const keyOf = ({ host, port }: Address): string => `${host.toLowerCase()} ${port}`

/** Where a `mqtt:` address leads; null where that is not allowed. */
function placeOf(url: string, hosts: ReadonlySet<string>): NetConnectOpts | null {
  const address = readAddress(url, 'mqtt', 1883)
  if (address === null) return null
  const host = address.host.toLowerCase()
  if (host === 'localhost') return { ...address, lookup: lookupLocalhost }
  if (isLoopback(host)) return address
  // A name may come to stand for another address at any time.
  return hosts.has(host) ? { ...address, host, lookup: lookupOwn } : null
}

function readHosts(given: readonly unknown[]): ReadonlySet<string> {
  if (!Array.isArray(given)) throw new ConfigError('hosts', 'hosts is not a list.')
  return new Set(given.map(readHost))
}

function readHost(host: unknown): string {
  const isHost =
    typeof host === 'string' &&
    readAddress(`mqtt://${isIP(host) === 6 ? `[${host}]` : host}:1`, 'mqtt', 1) !== null
  if (!isHost) throw new ConfigError('hosts', 'A host is a name or an address, without a scheme or a port.')
  if (isIP(host) !== 0 && !isOwn(host))
    throw new ConfigError('hosts', 'A host that the Internet leads to takes no link without TLS (AUTH-1).')
  return host.toLowerCase()
}

function readTerminators(
  given: { readonly [brokerUrl: string]: unknown },
  hosts: ReadonlySet<string>,
): ReadonlyMap<string, NetConnectOpts> {
  if (typeof given !== 'object' || given === null)
    throw new ConfigError('terminators', 'terminators is not an object.')
  return new Map(
    Object.entries(given).map(([brokerUrl, url]) => {
      const broker = readBroker(brokerUrl)
      if (broker === null)
        throw new ConfigError(
          'terminators',
          'A terminator is for an address mqtts://host or mqtts://host:port.',
        )
      return [keyOf(broker), readTerminator(url, hosts)]
    }),
  )
}

function readTerminator(url: unknown, hosts: ReadonlySet<string>): NetConnectOpts {
  const [, path] = (typeof url === 'string' ? /^unix:(\/.+)$/.exec(url) : null) ?? []
  if (path !== undefined) return { path }
  const place = typeof url === 'string' ? placeOf(url, hosts) : null
  if (place === null)
    throw new ConfigError(
      'terminators',
      'A terminator is at mqtt://host:port on this machine or at one of hosts, or at unix:/path (AUTH-1).',
    )
  return place
}
