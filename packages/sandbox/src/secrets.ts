/** The secrets that this sandbox has issued, kept in memory only, to search outputs for them. */
export interface SecretKeeper {
  /** Remembers a secret in every form in which it travels or could leak. */
  add(secret: string, basicUser?: string): void
  /** How many times any known secret stands in the text. */
  countIn(text: string): number
}

/** A keeper without secrets. */
export function createSecretKeeper(): SecretKeeper {
  const forms = new Set<string>()
  return {
    add(secret, basicUser) {
      forms.add(secret)
      forms.add(unpadded(Buffer.from(secret).toString('base64')))
      forms.add(Buffer.from(secret).toString('base64url'))
      forms.add(Buffer.from(secret).toString('hex'))
      if (basicUser !== undefined) {
        forms.add(unpadded(Buffer.from(`${basicUser}:${secret}`).toString('base64')))
      }
    },
    countIn(text) {
      let count = 0
      for (const form of forms) count += text.split(form).length - 1
      return count
    },
  }
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '')
}
