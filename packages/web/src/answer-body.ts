import { LARGEST_BODY_BYTES } from '@realer-device/host'
import type { ByteReadable } from './fetch-types.ts'
import { web } from './globals.ts'

/** The text of an answer's body, or what is wrong with it. Rejects where the connection breaks. */
export async function readBody(
  body: ByteReadable | null,
): Promise<{ readonly text: string } | { readonly malformed: string }> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done) break
    if (value === undefined) continue
    length += value.byteLength
    if (length > LARGEST_BODY_BYTES)
      return { malformed: `the answer's body is longer than ${LARGEST_BODY_BYTES} bytes` }
    chunks.push(value)
  }
  try {
    return { text: new web.TextDecoder('utf-8', { fatal: true }).decode(joined(chunks, length)) }
  } catch {
    return { malformed: "the answer's body is not UTF-8" }
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
