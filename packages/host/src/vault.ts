/** The secrets of a device: in memory only, read by nothing but the calls and the connection (CRED-3). */
export interface Vault {
  /** Keeps a secret under its reference. `otherForms` are encodings of it, to be known to `redact` as well. */
  keep(ref: string, value: string, otherForms?: readonly string[]): void
  /** The secret, or null where none is kept under this reference. */
  read(ref: string): string | null
  forget(ref: string): void
  forgetAll(): void
  /** The text without the secrets that are kept: a net under texts that come from outside. */
  redact(text: string): string
}

/** An empty vault. */
export function createVault(): Vault {
  const secrets = new Map<string, { readonly value: string; readonly forms: readonly string[] }>()
  return {
    keep(ref, value, otherForms = []) {
      secrets.set(ref, { value, forms: [value, ...otherForms].sort((a, b) => b.length - a.length) })
    },
    read: (ref) => secrets.get(ref)?.value ?? null,
    forget(ref) {
      secrets.delete(ref)
    },
    forgetAll() {
      secrets.clear()
    },
    redact(text) {
      let clean = text
      for (const { forms } of secrets.values())
        for (const form of forms) clean = clean.replaceAll(form, '[secret]')
      return clean
    },
  }
}
