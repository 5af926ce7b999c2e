/**
 * Seconds of a `Retry-After` header: whole seconds, or an HTTP date, which is turned to seconds from now (RFC 9110
 * section 10.2.3). Null where there is none, or none that makes sense. For callers of every platform (REC-2).
 *
 * @param nowMs the time of day, milliseconds since 1970: an HTTP date is one
 */
export function retryAfterSeconds(header: string | null | undefined, nowMs: number): number | null {
  if (header === undefined || header === null) return null
  const text = header.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text)
  // Only the dates that RFC 9110 knows begin with a day's name; Date.parse alone would take nearly anything.
  const date = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - nowMs) / 1000))
}
