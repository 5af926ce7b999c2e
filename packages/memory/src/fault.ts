/**
 * What goes wrong with the links to a listener.
 *
 * - `refuse`: the connection is refused.
 * - `silent`: the connection is taken, and the handshake never ends.
 * - `untrusted`, `wrongName`, `noTls`: the peer cannot be verified, for its certificate or for want of TLS.
 * - `cut`: the connection breaks when so many bytes (1 or more) have got through, both ways together.
 * - `swallow`: from that byte on (0 or more) nothing gets through, and nobody is told: a half-open connection.
 */
export type MemoryFault =
  | { readonly kind: 'refuse' | 'silent' | 'untrusted' | 'wrongName' | 'noTls' }
  | { readonly kind: 'cut' | 'swallow'; readonly afterBytes: number }
