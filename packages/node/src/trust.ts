import { X509Certificate } from 'node:crypto'
import { ConfigError } from '@realer-device/host'

/** Whom to trust: nothing here means Node's own list of authorities. */
export interface TrustOptions {
  readonly ca?: string[]
}

/** Certificates as PEM text; one text may hold several. They replace Node's own list. */
export type CaOption = string | readonly string[]

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Reads the option `ca`. Throws {@link ConfigError} where a text holds no certificate, or one that is damaged. */
export function readTrust(ca: CaOption | undefined): TrustOptions {
  if (ca === undefined) return {}
  const texts: readonly unknown[] = Array.isArray(ca) ? ca : [ca]
  if (texts.length === 0) throw new ConfigError('ca', 'ca holds no certificate.')
  return { ca: texts.flatMap(certificatesIn) }
}

function certificatesIn(text: unknown): string[] {
  if (typeof text !== 'string') throw new ConfigError('ca', 'ca is not PEM text.')
  const certificates = text.match(CERTIFICATE) ?? []
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
