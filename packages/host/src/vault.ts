import { base64, formEncode } from './basic.ts'

/** The secrets of a device: in memory only, read by nothing but the calls and the connection (CRED-3). */
export interface Vault {
  /** Keeps a secret under its reference. `otherTexts` are secret as well: what it was made of. */
  keep(ref: string, value: string, otherTexts?: readonly string[]): void
  /** The secret, or null where none is kept under this reference. */
  read(ref: string): string | null
  forget(ref: string): void
  forgetAll(): void
  /** The text without the secrets that are kept: a net under texts that come from outside. */
  redact(text: string): string
  /**
   * Whether a secret that is kept, or `another`, stands in any text of a JSON value, plain or encoded. One of less than
   * eight characters is not looked for: it could stand anywhere by chance.
   */
  isIn(value: unknown, another?: string): boolean
  /** The same for the secret of one reference. */
  isOneIn(ref: string, value: unknown): boolean
}

const SHORTEST_LOOKED_FOR = 8

/** An empty vault. */
export function createVault(): Vault {
  const secrets = new Map<string, { readonly value: string; readonly forms: readonly string[] }>()
  let lookedFor: readonly string[] = []

  function changed(): void {
    lookedFor = longOnes([...secrets.values()].flatMap(({ forms }) => forms))
  }

  return {
    keep(ref, value, otherTexts = []) {
      const forms = [value, ...otherTexts].flatMap(formsOf).sort((a, b) => b.length - a.length)
      secrets.set(ref, { value, forms })
      changed()
    },
    read: (ref) => secrets.get(ref)?.value ?? null,
    forget(ref) {
      secrets.delete(ref)
      changed()
    },
    forgetAll() {
      secrets.clear()
      changed()
    },
    redact(text) {
      let clean = text
      for (const { forms } of secrets.values())
        for (const form of forms) clean = clean.replaceAll(form, '[secret]')
      return clean
    },
    isIn: (value, another) =>
      holdsOne(value, another === undefined ? lookedFor : [...lookedFor, ...longOnes(formsOf(another))]),
    isOneIn: (ref, value) => holdsOne(value, longOnes(secrets.get(ref)?.forms ?? [])),
  }
}

function holdsOne(value: unknown, forms: readonly string[]): boolean {
  return textsOf(value).some((text) => forms.some((form) => text.includes(form)))
}

function longOnes(forms: readonly string[]): string[] {
  return forms.filter(({ length }) => length >= SHORTEST_LOOKED_FOR)
}

/** A secret as it is, and as a form, an address or a header would show it. */
function formsOf(secret: string): string[] {
  const forms = new Set([secret, formEncode(secret), encodeURIComponent(secret)])
  // Base64 as far as it does not depend on what follows.
  if (/^[\0-\x7f]*$/.test(secret)) forms.add(base64(secret).replace(/[^=]?=+$/, ''))
  forms.delete('')
  return [...forms]
}

/** Every text of a JSON value, its keys among them. In a loop, for a cloud may nest deeper than a stack can follow. */
function textsOf(value: unknown): string[] {
  const texts: string[] = []
  const left: unknown[] = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next === 'string') texts.push(next)
    else if (typeof next === 'object' && next !== null)
      for (const [key, inner] of Object.entries(next)) left.push(key, inner)
  }
  return texts
}
