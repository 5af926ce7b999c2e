import type { HttpsRequest } from '@realer-device/host'
import { web } from './globals.ts'

/** What HTTP calls a token, such as a header's name (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/
/** What can stand in a header's value (RFC 9110 section 5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Why a request cannot be sent; null where it can. It is looked at before `fetch` sees it, which would quote the value of a
 * header, and that can be a secret (CRED-3).
 */
export function requestFault({ method, url, headers, body }: HttpsRequest): string | null {
  if (!/^https:\/\//i.test(url)) return 'the address is not https:'
  if (!isAddress(url)) return 'the address is not https://host, or has a user in it'
  if (!TOKEN.test(method)) return 'the method cannot be sent'
  if (body !== null && /^(get|head)$/i.test(method)) return `fetch sends no body with ${method}`
  const header = Object.entries(headers).find(
    ([name, value]) => !TOKEN.test(name) || !FIELD_VALUE.test(value),
  )
  return header === undefined ? null : `the header ${JSON.stringify(header[0])} cannot be sent`
}

function isAddress(url: string): boolean {
  try {
    const { username, password } = new web.URL(url)
    return username === '' && password === ''
  } catch {
    return false
  }
}
