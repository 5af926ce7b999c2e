import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { LinkCloseCause } from '@realer-device/host'

const DEFAULT_PORT = 8883

/**
 * Begins a TLS connection to `mqtts://host:port`: certificate and name are verified always (CONN-1). Null where the
 * address is anything else: then no byte is sent (AUTH-1).
 */
export function connectTls(url: string, ca: string[] | undefined): TLSSocket | null {
  const address = readAddress(url)
  if (address === null) return null
  const { host, port } = address
  return connect({
    host,
    port,
    ...(ca !== undefined && { ca }),
    // An address is verified as an address, and SNI takes names only (RFC 6066 section 3).
    ...(isIP(host) === 0 && { servername: host }),
    // Said aloud, because the environment of Node could say otherwise.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  })
}

function readAddress(url: string): { readonly host: string; readonly port: number } | null {
  const match = /^mqtts:\/\/(?:\[([0-9a-f:.]+)\]|([^\s/:@?#[\]]+))(?::(\d{1,5}))?\/?$/i.exec(url)
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3])
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port }
}

/** Sorts an error of a TLS socket. */
export function causeOf(
  socket: TLSSocket,
  { code = 'no code' }: Error & { readonly code?: string },
): Extract<LinkCloseCause, 'network' | 'tls'> {
  // Node keeps here why it did not accept a certificate, before it destroys the socket for it.
  const isUntrusted = Boolean(socket.authorizationError)
  return isUntrusted || code === 'EPROTO' || /^ERR_(TLS|SSL|OSSL)_/.test(code) ? 'tls' : 'network'
}
