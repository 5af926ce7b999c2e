import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { type OpenLink, readAddress } from '@realer-device/host'
import { joinSocket, unusableLink } from './socket-link.ts'
import type { TrustOptions } from './trust.ts'

const SCHEME = 'mqtts'
const DEFAULT_PORT = 8883

/** TLS links over `node:tls`: certificate and host name are verified always (CONN-1). */
export function nodeLink(trust: TrustOptions): OpenLink {
  return (target, events) => {
    const address = readAddress(target.url, SCHEME, DEFAULT_PORT)
    if (address === null) return unusableLink(events, 'the address is not mqtts://host or mqtts://host:port')
    const { host, port } = address
    const socket = connect({
      host,
      port,
      ...trust,
      // An address is verified as an address, and SNI takes names only (RFC 6066 section 3).
      ...(isIP(host) === 0 && { servername: host }),
      // Said aloud, because the environment of Node could say otherwise.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    })
    return joinSocket(socket, 'secureConnect', target, events)
  }
}
