// x509 resolves its parts through decorators' metadata, so the polyfill must be loaded before it.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A certificate authority made for a test. */
export interface Authority {
  readonly caPem: string
  /** A server's key and certificate, for 127.0.0.1 and valid for a day where nothing else is said. */
  issue(options?: {
    readonly address?: string
    readonly expired?: boolean
  }): Promise<{ key: string; cert: string }>
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

export async function createAuthority(): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test CA',
    notBefore: new Date(Date.now() - 3 * DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return {
    caPem: ca.toString('pem'),
    async issue({ address = '127.0.0.1', expired = false } = {}) {
      const serverKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        subject: 'CN=Test server',
        issuer: ca.subject,
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        notAfter: new Date(Date.now() + (expired ? -1 : 1) * DAY_MS),
        signingAlgorithm: ALGORITHM,
        publicKey: serverKeys.publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: address }])],
      })
      const privateKey = await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey)
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(privateKey, 'PRIVATE KEY') }
    },
  }
}
