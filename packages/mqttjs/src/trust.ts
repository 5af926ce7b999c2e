import { X509Certificate } from 'node:crypto'
import { ConfigError } from '@realer-device/host'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Reads the option `ca`; undefined means Node's own list. Throws {@link ConfigError} where it holds no usable certificate. */
export function readCa(ca: string | readonly string[] | undefined): string[] | undefined {
  if (ca === undefined) return undefined
  const texts: readonly unknown[] = Array.isArray(ca) ? ca : [ca]
  const certificates = texts.flatMap(
    (text) => (typeof text === 'string' ? text.match(CERTIFICATE) : null) ?? [],
  )
  if (certificates.length === 0) throw new ConfigError('ca', 'ca holds no certificate in PEM form.')
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate)
    } catch {
      throw new ConfigError('ca', 'ca holds a damaged certificate.')
    }
  }
  return certificates
}
