const pattern = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?Z$/

/** Whether a text is an instant of ISO 8601 in UTC, on a day that exists, such as `2026-04-29T10:00:01Z` (PUB-3). */
export function isUtcInstant(text: string): boolean {
  const [, year, month, day] = pattern.exec(text) ?? []
  if (year === undefined) return false
  return Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month))
}

/** Days of a month; 0 where there is no such month. */
function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

/** An instant of ISO 8601 in UTC as milliseconds since 1970; null where the text is none. */
export function instantMs(text: string): number | null {
  if (!isUtcInstant(text)) return null
  const [date = '', time = ''] = text.slice(0, -1).split('T')
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  return daysSince1970(year, month, day) * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1000
}

/** Days of the Gregorian calendar; its year is counted from March, so that a leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return marchYear * 365 + leapDays + dayOfYear - 719_468
}
