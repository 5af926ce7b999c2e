/** `application/x-www-form-urlencoded`, one value (WHATWG URL, section 5.2; RFC 6749 appendix B). */
export function formEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

/** The credentials of HTTP Basic for an OAuth client: both parts form-encoded, then Base64 (RFC 6749 section 2.3.1). */
export function basicCredentials(clientId: string, clientSecret: string): string {
  return base64(`${formEncode(clientId)}:${formEncode(clientSecret)}`)
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 of ASCII text. By hand, because a platform-neutral package cannot count on `btoa`. */
export function base64(ascii: string): string {
  let encoded = ''
  for (let at = 0; at < ascii.length; at += 3) {
    const group = [0, 1, 2].map((index) => ascii.charCodeAt(at + index))
    const bits = group.reduce((sum, code) => (sum << 8) | (Number.isNaN(code) ? 0 : code), 0)
    const digits = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((bits >> shift) & 63)).join('')
    const padding = Math.max(0, at + 3 - ascii.length)
    encoded += digits.slice(0, 4 - padding) + '='.repeat(padding)
  }
  return encoded
}
